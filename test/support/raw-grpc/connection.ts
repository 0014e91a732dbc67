import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** HTTP/2 by hand: frames that no client library would send. */

export const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
export const frameTypes = { data: 0, headers: 1, settings: 4, ping: 6, goaway: 7 } as const;

export function http2Frame(
  type: number,
  flags: number,
  stream: number,
  content: { readonly payload?: Buffer; readonly length?: number } = {},
): Buffer {
  const { payload = Buffer.alloc(0) } = content;
  const { length = payload.length } = content;
  const head = Buffer.alloc(9);
  head.writeUIntBE(length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** HEADERS that begin a gRPC call and leave the client's side open. */
export function beginCall(stream: number, path: string): Buffer {
  const fields = [
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', path],
    [':authority', 'x'],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
  ] as const;
  const literal = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
  const payload = Buffer.concat(
    fields.map(([name, value]) => Buffer.concat([Buffer.from([0]), literal(name), literal(value)])),
  );
  return http2Frame(frameTypes.headers, 4, stream, { payload });
}

export interface RawConnection {
  readonly socket: Socket;
  /** Resolves once the server has closed it. */
  readonly closed: Promise<unknown>;
}

/** A connection that has greeted the server, answers nothing and reads everything. */
export function connectRaw(address: string, ...frames: readonly Buffer[]): RawConnection {
  const [host = '', port = ''] = address.split(':');
  return greet(connect(Number(port), host), frames);
}

/** The same over TLS, whoever the server says it is. */
export function connectRawTls(address: string, ...frames: readonly Buffer[]): RawConnection {
  const [host = '', port = ''] = address.split(':');
  const options = { host, port: Number(port), ALPNProtocols: ['h2'], rejectUnauthorized: false };
  return greet(connectTls(options), frames);
}

function greet(socket: Socket, frames: readonly Buffer[]): RawConnection {
  socket.on('error', () => undefined);
  socket.resume();
  socket.write(Buffer.concat([preface, http2Frame(frameTypes.settings, 0, 0), ...frames]));
  return { socket, closed: new Promise((resolve) => socket.once('close', resolve)) };
}
