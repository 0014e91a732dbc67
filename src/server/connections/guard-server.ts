import type {
  Http2Server,
  IncomingHttpHeaders,
  ServerHttp2Session,
  ServerHttp2Stream,
} from 'node:http2';
import type { Server, ServerCredentials } from '@grpc/grpc-js';
import { RankError } from '../../base/errors.ts';

interface InnerServer {
  createHttp2Server(credentials: ServerCredentials): Http2Server;
}

/**
 * Calls `guard` with the HTTP/2 server of every address that the server will be bound to. The
 * library has no public access to them: this wraps a private method, which cannot change because
 * package.json names an exact version.
 *
 * @throws RankError when the method is missing.
 */
export function guardServer(server: Server, guard: (http2Server: Http2Server) => void): void {
  const inner = server as unknown as Partial<InnerServer>;
  if (typeof inner.createHttp2Server !== 'function') {
    throw new RankError('internal', 'grpc-js has no createHttp2Server; this is a bug');
  }
  const create = inner.createHttp2Server.bind(server);
  inner.createHttp2Server = (credentials) => {
    const http2Server = create(credentials);
    guard(http2Server);
    return http2Server;
  };
}

/** Hands a stream on to the library only if `admit` returns true. */
export function guardStreams(
  http2Server: Http2Server,
  admit: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => boolean,
): void {
  const handlers = http2Server.listeners('stream') as ((...args: unknown[]) => void)[];
  http2Server.removeAllListeners('stream');
  http2Server.on('stream', (stream, headers, ...rest) => {
    if (admit(stream, headers)) {
      handlers.forEach((handle) => handle(stream, headers, ...rest));
      if (stream.headersSent) {
        // The library has refused the call and reads no more, so the rest of it is discarded.
        stream.resume();
      }
    }
  });
}

/** The types do not say that the session of a server's stream is a server's session. */
export function sessionOf(stream: ServerHttp2Stream): ServerHttp2Session | undefined {
  return stream.session as ServerHttp2Session | undefined;
}
