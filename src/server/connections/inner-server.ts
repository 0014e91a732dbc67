import type { Http2Server } from 'node:http2';
import type { Server, ServerCredentials } from '@grpc/grpc-js';
import { RankError } from '../../base/errors.ts';

interface InnerServer {
  createHttp2Server(credentials: ServerCredentials): Http2Server;
}

/**
 * Guards every address that the server will be bound to. The library has no public way to its HTTP/2 servers: this
 * takes the private one, which the exact version in package.json keeps in place.
 *
 * @throws RankError when it has gone.
 */
export function guardHttp2(server: Server, guard: (http2Server: Http2Server) => void): void {
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
