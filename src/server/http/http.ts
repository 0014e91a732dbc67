import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { openMetricsType, textType, toOpenMetrics } from '../../observe/metrics/registry.ts';

export interface ObservePortOptions {
  /** HOST:PORT; port 0 means any free port. */
  readonly address: string;
  /** The metrics in Prometheus' text format. */
  readonly metrics: () => Promise<string>;
  /** Why the server should get no requests now; undefined when it should. */
  readonly findHindrance: () => string | undefined;
}

export interface ObservePort {
  /** HOST:PORT, with the actual port when the options said 0. */
  readonly address: string;
  close(): Promise<void>;
}

interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const plain = 'text/plain; charset=utf-8';

/** A scrape is small and quick; clients that send or read more, or more slowly, are cut off. */
const limits = { headerBytes: 8192, headersMs: 5000, requestMs: 10_000, idleMs: 30_000 };
const checkMs = 1000;
/** At this many the oldest gives way: it was answered long ago, or never sent a request. */
const mostConnections = 64;

/**
 * The plain HTTP port for monitors and orchestrators: /metrics, /livez and /readyz. It needs no
 * password, so it must not be reachable from outside.
 *
 * @throws Error when the address cannot be listened on.
 */
export async function openObservePort(options: ObservePortOptions): Promise<ObservePort> {
  const shared = { ...options, metrics: shareRuns(options.metrics) };
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.idleMs,
      connectionsCheckingInterval: checkMs,
    },
    oneAtATime((request, response) => {
      void answer(request, response, shared);
    }),
  );
  server.timeout = limits.requestMs;
  boundConnections(server);
  server.on('clientError', (_error, socket) => socket.destroy());
  const address = await listen(server, options.address);
  // The process need not wait for it at its end.
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

function boundConnections(server: Server): void {
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    const [oldest] = open;
    if (oldest !== undefined && open.size >= mostConnections) {
      open.delete(oldest);
      oldest.destroy();
    }
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Ends a connection that sends a request before the previous answer. No monitor does, and a hostile
 * client could have any number of answers made and read none.
 */
function oneAtATime(handle: Handler): Handler {
  const busy = new WeakSet<Socket>();
  return (request, response) => {
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

/** Scrapes at the same time share one run. */
function shareRuns(make: () => Promise<string>): () => Promise<string> {
  let running: Promise<string> | undefined;
  return () => {
    running ??= make().finally(() => {
      running = undefined;
    });
    return running;
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: ObservePortOptions,
): Promise<void> {
  const { method = '' } = request;
  request.resume();
  if (method !== 'GET' && method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
  }
  const { status, type, body } = await pageOf(request, options);
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  response.end(method === 'HEAD' ? undefined : body);
}

/** Never rejects: a page that cannot be made says so. */
async function pageOf(request: IncomingMessage, options: ObservePortOptions): Promise<Page> {
  const { method = '', url = '', headers } = request;
  if (method !== 'GET' && method !== 'HEAD') {
    return text(405, `${method} is not allowed; GET and HEAD are`);
  }
  const [path = ''] = url.split('?', 1);
  switch (path) {
    case '/metrics':
      return await metricsPage(options, headers.accept);
    case '/livez':
      // Reaching this line proves that the event loop runs.
      return text(200, 'alive');
    case '/readyz': {
      const hindrance = options.findHindrance();
      return hindrance === undefined ? text(200, 'ready') : text(503, hindrance);
    }
    default:
      return text(404, 'not found; there are /metrics, /livez and /readyz');
  }
}

async function metricsPage(
  { metrics }: ObservePortOptions,
  accept: string | undefined,
): Promise<Page> {
  try {
    const exposition = await metrics();
    return accept?.includes('application/openmetrics-text') === true
      ? { status: 200, type: openMetricsType, body: toOpenMetrics(exposition) }
      : { status: 200, type: textType, body: exposition };
  } catch (error) {
    return text(500, `the metrics cannot be read: ${String(error)}`);
  }
}

function text(status: number, line: string): Page {
  return { status, type: plain, body: `${line}\n` };
}

async function listen(server: Server, address: string): Promise<string> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  await new Promise<void>((resolve, reject) => {
    server.on('error', (error) =>
      reject(
        new Error(
          `cannot listen on ${address} for metrics: ${error.message}; ` +
            "SLMRANK_METRICS_ADDRESS names another address, or 'off'",
          { cause: error },
        ),
      ),
    );
    server.listen({ host, port: Number(address.slice(colon + 1)) }, resolve);
  });
  return `${address.slice(0, colon)}:${(server.address() as AddressInfo).port}`;
}
