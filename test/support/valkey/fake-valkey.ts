import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { at } from '../../../src/base/at.ts';

/** The words of a command; the first is its name in capitals. */
export type Words = readonly Buffer[];

/** What to send for a command: bytes, nothing, or the end of the connection. */
export type Answer = string | Buffer | typeof hangUp | undefined;

export const hangUp = Symbol('the end of the connection');

/** A Valkey server of a few commands that can be told to misbehave. */
export class FakeValkey {
  /** Values by key. */
  readonly values = new Map<string, Buffer>();
  /** The names of all commands so far, without ECHO. */
  readonly commands: string[] = [];
  /** The time that each SET gave its key, in milliseconds. */
  readonly ttls = new Map<string, number>();
  /** Replaces the honest answer; see `honest`. Who gets none to a command gets no echo either. */
  answer: (words: Words) => Answer = (words) => this.honest(words);
  /** Replaces the answer to ECHO. */
  echo: (word: string) => Answer = bulk;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #port = 0;

  private constructor() {
    this.#server = createServer((socket) => this.#accept(socket));
  }

  static async start(port = 0): Promise<FakeValkey> {
    const fake = new FakeValkey();
    fake.#server.listen(port, '127.0.0.1');
    await once(fake.#server, 'listening');
    fake.#port = (fake.#server.address() as AddressInfo).port;
    return fake;
  }

  get port(): number {
    return this.#port;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  hangUp(): void {
    this.#sockets.forEach((socket) => socket.destroy());
  }

  /** Sends bytes that nobody asked for. */
  shout(bytes: string): void {
    this.#sockets.forEach((socket) => socket.write(bytes));
  }

  async close(): Promise<void> {
    this.hangUp();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  honest(words: Words): Answer {
    const [name = '', ...args] = words.map(String);
    switch (name) {
      case 'MGET':
        return `*${args.length}\r\n${args.map((key) => bulk(this.#text(key))).join('')}`;
      case 'EVAL':
        return this.#setAll(words.slice(3), Number(args[1]));
      case 'AUTH':
      case 'SELECT':
        return '+OK\r\n';
      default:
        return `-ERR unknown command '${name}'\r\n`;
    }
  }

  /** The script of `Valkey.set`. */
  #setAll(args: Words, count: number): Answer {
    const keys = args.slice(0, count).map(String);
    keys.forEach((key, place) => {
      this.values.set(key, at(args, count + 1 + place));
      this.ttls.set(key, Number(args[count]));
    });
    return `:${count}\r\n`;
  }

  /** One character a byte. */
  #text(key: string): string | undefined {
    return this.values.get(key)?.toString('latin1');
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    let pending: Buffer = Buffer.alloc(0);
    let isSilent = false;
    socket.on('data', (bytes) => {
      pending = Buffer.concat([pending, bytes]);
      for (;;) {
        const command = readCommand(pending);
        if (command === undefined) {
          return;
        }
        pending = pending.subarray(command.end);
        const answer = this.#answerTo(command.words, isSilent);
        isSilent = answer === undefined;
        send(answer, socket);
      }
    });
  }

  #answerTo(words: Words, isSilent: boolean): Answer {
    const [name, word] = words.map(String);
    if (name === 'ECHO') {
      return isSilent ? undefined : this.echo(String(word));
    }
    this.commands.push(String(name));
    return this.answer(words);
  }
}

function send(answer: Answer, socket: Socket): void {
  if (answer === hangUp) {
    socket.destroy();
  } else if (answer !== undefined) {
    socket.write(typeof answer === 'string' ? Buffer.from(answer, 'latin1') : answer);
  }
}

function bulk(text: string | undefined): string {
  return text === undefined ? '$-1\r\n' : `$${text.length}\r\n${text}\r\n`;
}

/** The first command of the bytes; undefined if it is not whole yet. */
function readCommand(bytes: Buffer): { readonly words: Words; readonly end: number } | undefined {
  let place = 0;
  const line = () => {
    const end = bytes.indexOf('\r\n', place);
    const text = end < 0 ? '' : bytes.toString('latin1', place + 1, end);
    place = end + 2;
    return end < 0 ? undefined : Number(text);
  };
  const count = line();
  const words: Buffer[] = [];
  while (count !== undefined && words.length < count) {
    const length = line();
    if (length === undefined || bytes.length < place + length + 2) {
      return undefined;
    }
    const word = bytes.subarray(place, place + length);
    words.push(words.length === 0 ? Buffer.from(String(word).toUpperCase()) : word);
    place += length + 2;
  }
  return count === undefined ? undefined : { words, end: place };
}
