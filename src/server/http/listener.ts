import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** The limits of one client, and the number of connections that may be open. */
export interface HttpLimits {
  readonly headerBytes: number;
  readonly headersMs: number;
  readonly requestMs: number;
  readonly idleMs: number;
  /** A new connection beyond this number closes the oldest. */
  readonly maxConnections: number;
}

export interface HttpListener {
  /** HOST:PORT, with the actual port. */
  readonly address: string;
  close(): Promise<void>;
}

export interface ListenOptions {
  /** HOST:PORT; port 0 means any free port. */
  readonly address: string;
  readonly limits: HttpLimits;
  /** The use of the port and the setting that names it, both for the error's message. */
  readonly purpose: string;
  readonly advice: string;
}

/** The time between two searches of Node for connections that have exceeded their time limits. */
const checkMs = 1000;

/**
 * Listens for plain HTTP. A client that exceeds the limits is disconnected, and each connection has
 * one request at a time. The listener does not keep the process alive.
 *
 * @throws Error when the address cannot be bound.
 */
export async function listenHttp(
  options: ListenOptions,
  handle: RequestListener,
): Promise<HttpListener> {
  const { limits } = options;
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.idleMs,
      connectionsCheckingInterval: checkMs,
    },
    oneAtATime(handle),
  );
  server.timeout = limits.requestMs;
  boundConnections(server, limits.maxConnections);
  server.on('clientError', (_error, socket) => socket.destroy());
  const address = await bind(server, options);
  server.unref();
  return {
    address,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function boundConnections(server: Server, maxConnections: number): void {
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    const [oldest] = open;
    if (oldest !== undefined && open.size >= maxConnections) {
      open.delete(oldest);
      oldest.destroy();
    }
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
}

/**
 * Disconnects a client that sends its next request before the answer. No ordinary client does so,
 * and such a client could make the server produce any number of answers without reading them.
 */
function oneAtATime(handle: RequestListener): RequestListener {
  const busy = new WeakSet<Socket>();
  return (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    if (busy.has(socket)) {
      socket.destroy();
      return;
    }
    busy.add(socket);
    response.once('close', () => busy.delete(socket));
    handle(request, response);
  };
}

async function bind(server: Server, { address, purpose, advice }: ListenOptions): Promise<string> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  await new Promise<void>((resolve, reject) => {
    server.on('error', (cause) =>
      reject(
        new Error(`cannot listen on ${address} for ${purpose}: ${cause.message}; ${advice}`, {
          cause,
        }),
      ),
    );
    server.listen({ host, port: Number(address.slice(colon + 1)) }, resolve);
  });
  return `${address.slice(0, colon)}:${(server.address() as AddressInfo).port}`;
}
