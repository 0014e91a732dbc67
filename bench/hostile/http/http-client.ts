import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import type { AttackClient } from '../core/kind.ts';

export interface HttpMessage {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

/** The longest that an answer may take on a busy machine. */
const mustAnswerMs = 20_000;

/** Sends HTTP messages over one lasting connection, and raw bytes over connections of their own. */
export class HttpClient implements AttackClient {
  opened = 0;
  readonly #host: string;
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  /** @param address HOST:PORT */
  constructor(address: string) {
    const [host = '', port] = address.split(':');
    this.#host = host;
    this.#port = Number(port);
  }

  /** Resolves to the status, or to how it ended without one. */
  send(message: HttpMessage): Promise<string> {
    const { method = 'POST', path, headers = {}, body } = message;
    return new Promise((resolve) => {
      const sent = request(
        {
          host: this.#host,
          port: this.#port,
          method,
          path,
          headers: { 'content-type': 'application/json', ...headers },
          agent: this.#agent,
          timeout: mustAnswerMs,
        },
        (response) => {
          response.resume();
          response.once('end', () => resolve(String(response.statusCode)));
          response.once('error', () => resolve('CLOSED'));
        },
      );
      sent.once('socket', (socket) => {
        if (socket.connecting) {
          this.opened += 1;
        }
      });
      sent.once('timeout', () => {
        resolve('TIMEOUT');
        sent.destroy();
      });
      // The server may have closed a lasting connection at the moment of its reuse.
      sent.once('error', () => resolve(sent.reusedSocket ? this.send(message) : 'CLOSED'));
      sent.end(body);
    });
  }

  /**
   * Writes the pieces, with pauses between them, and reads until the server closes. Resolves to the
   * first status, or to how it ended without one.
   */
  raw(pieces: readonly (Buffer | string)[], pauseMs = 0): Promise<string> {
    return new Promise((resolve) => {
      this.opened += 1;
      const socket = connect(this.#port, this.#host);
      let received = '';
      const settle = (ending: string) => {
        clearTimeout(timer);
        socket.destroy();
        const [, status = ending] = /^HTTP\/1\.1 (\d+)/.exec(received) ?? [];
        resolve(status);
      };
      const timer = setTimeout(() => settle('QUIET'), mustAnswerMs);
      socket.on('data', (chunk) => (received += String(chunk).slice(0, 100)));
      socket.once('error', () => settle('CLOSED'));
      socket.once('close', () => settle('CLOSED'));
      const write = (place: number) => {
        const { [place]: piece } = pieces;
        if (piece !== undefined && !socket.destroyed) {
          socket.write(piece);
          setTimeout(() => write(place + 1), pauseMs);
        }
      };
      write(0);
    });
  }

  /** Writes the bytes and disconnects. */
  leave(bytes: string): Promise<void> {
    return new Promise((resolve) => {
      this.opened += 1;
      const socket = connect(this.#port, this.#host);
      socket.once('error', () => resolve());
      socket.write(bytes, () => {
        socket.destroy();
        resolve();
      });
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
