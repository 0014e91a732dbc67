import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  constants,
} from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { status } from '@grpc/grpc-js';

/**
 * How a call or a connection ended: the name of a gRPC status; `HTTP 415` or another HTTP status
 * without a gRPC one; `RESET` for a stream without a status; `CLOSED` for a closed connection;
 * `QUIET` for a raw connection that the server left open; `NOT SENT` for a call that our HTTP/2
 * refused; `HANG` for a call that did not end in time.
 */
export type Ending = string;

export interface Answer {
  readonly ending: Ending;
  readonly body: Buffer;
}

export interface CallSpec {
  readonly path?: string;
  /** Headers beside the usual ones, or in place of them. */
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** The body, in the pieces that are written. */
  readonly chunks?: readonly Buffer[];
  /** After the body: end our side (the default), leave it open, or reset the stream. */
  readonly after?: 'end' | 'leave' | 'reset';
}

export const rankPath = '/slmrank.v1.RankingService/Rank';
export const streamPath = '/slmrank.v1.RankingService/RankStream';

const hangMs = 20_000;
/** How long to wait for the server to close a raw connection that it may leave open. */
const rawMs = 300;

export class WireClient {
  readonly #address: string;
  #session: ClientHttp2Session | undefined;
  /** Connections opened so far. */
  opened = 0;

  constructor(address: string) {
    this.#address = address;
  }

  /** A call on the lasting connection, which is opened again after the server has closed it. */
  call(spec: CallSpec): Promise<Answer> {
    if (this.#session === undefined || this.#session.closed || this.#session.destroyed) {
      this.#session = this.#connect();
    }
    return callOn(this.#session, spec);
  }

  /** Runs calls on a new connection, which is destroyed after them. */
  async withOwnConnection<T>(work: (session: ClientHttp2Session) => Promise<T>): Promise<T> {
    const session = this.#connect();
    try {
      return await work(session);
    } finally {
      session.destroy();
    }
  }

  /** Writes bytes to a new TCP connection and waits this long for the server to close it. */
  raw(chunks: readonly Buffer[], listenMs = rawMs): Promise<Ending> {
    this.opened += 1;
    const [host, port] = splitAddress(this.#address);
    const socket = connectTcp(port, host);
    return new Promise((resolve) => {
      const settle = (ending: Ending) => {
        clearTimeout(timer);
        socket.destroy();
        resolve(ending);
      };
      const timer = setTimeout(() => settle('QUIET'), listenMs);
      socket.on('error', () => settle('CLOSED'));
      socket.on('close', () => settle('CLOSED'));
      socket.resume();
      chunks.forEach((chunk) => socket.write(chunk));
    });
  }

  close(): void {
    this.#session?.destroy();
  }

  #connect(): ClientHttp2Session {
    this.opened += 1;
    const session = connectHttp2(`http://${this.#address}`, {
      maxSendHeaderBlockLength: 1 << 20,
      // By Node's default of 10 MB, this client and not the server would end some calls.
      maxSessionMemory: 1000,
    });
    session.on('error', () => undefined);
    return session;
  }
}

export function callOn(session: ClientHttp2Session, spec: CallSpec): Promise<Answer> {
  const { path = rankPath, headers = {}, chunks = [], after = 'end' } = spec;
  let stream: ClientHttp2Stream;
  try {
    stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
  } catch {
    return Promise.resolve({ ending: 'NOT SENT', body: Buffer.alloc(0) });
  }
  const answer = answerOf(stream);
  chunks.forEach((chunk) => stream.write(chunk));
  if (after === 'end') {
    stream.end();
  } else if (after === 'reset') {
    setImmediate(() => stream.close(constants.NGHTTP2_CANCEL));
  }
  return answer;
}

function answerOf(stream: ClientHttp2Stream): Promise<Answer> {
  const { session } = stream;
  const body: Buffer[] = [];
  let code: string | undefined;
  let http = 200;
  const note = (headers: Readonly<Record<string, unknown>>) => {
    http = Number(headers[':status'] ?? http);
    const found = headers['grpc-status'];
    code = found === undefined ? code : (status[Number(found)] ?? `STATUS ${Number(found)}`);
  };
  return new Promise((resolve) => {
    const timer = setTimeout(() => settle('HANG'), hangMs);
    const settle = (ending: Ending) => {
      clearTimeout(timer);
      resolve({ ending, body: Buffer.concat(body) });
      stream.destroy();
    };
    stream.on('response', note);
    stream.on('trailers', note);
    stream.on('data', (chunk: Buffer) => body.push(chunk));
    stream.on('error', () => undefined);
    stream.on('close', () => {
      const wasReset = session?.destroyed === false ? 'RESET' : 'CLOSED';
      settle(code ?? (http === 200 ? wasReset : `HTTP ${http}`));
    });
  });
}

function splitAddress(address: string): [host: string, port: number] {
  const colon = address.lastIndexOf(':');
  return [address.slice(0, colon), Number(address.slice(colon + 1))];
}
