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
  /** The names of all commands so far. */
  readonly commands: string[] = [];
  /** The time that each SET gave its key, in milliseconds. */
  readonly ttls = new Map<string, number>();
  /** Replaces the honest answer; see `honest`. */
  answer: (words: Words) => Answer = (words) => this.honest(words);
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
        return `*${args.length}\r\n${args.map((key) => this.#bulk(key)).join('')}`;
      case 'SET':
        this.values.set(at(args, 0), at(words, 2));
        this.ttls.set(at(args, 0), args.length > 2 ? Number(args[3]) : Number.POSITIVE_INFINITY);
        return '+OK\r\n';
      case 'AUTH':
      case 'SELECT':
        return '+OK\r\n';
      default:
        return `-ERR unknown command '${name}'\r\n`;
    }
  }

  /** One character a byte. */
  #bulk(key: string): string {
    const value = this.values.get(key);
    return value === undefined ? '$-1\r\n' : `$${value.length}\r\n${value.toString('latin1')}\r\n`;
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    let pending: Buffer = Buffer.alloc(0);
    socket.on('data', (bytes) => {
      pending = Buffer.concat([pending, bytes]);
      for (;;) {
        const command = readCommand(pending);
        if (command === undefined) {
          return;
        }
        pending = pending.subarray(command.end);
        this.#serve(command.words, socket);
      }
    });
  }

  #serve(words: Words, socket: Socket): void {
    this.commands.push(String(words[0]));
    const answer = this.answer(words);
    if (answer === hangUp) {
      socket.destroy();
    } else if (answer !== undefined) {
      socket.write(typeof answer === 'string' ? Buffer.from(answer, 'latin1') : answer);
    }
  }
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
