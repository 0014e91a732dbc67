import type { IncomingMessage, ServerResponse } from 'node:http';
import { openMetricsType, textType, toOpenMetrics } from '../../observe/metrics/registry.ts';
import { type HttpListener, listenHttp } from './listener.ts';

export interface ObservePortOptions {
  /** HOST:PORT; port 0 means any free port. */
  readonly address: string;
  /** The exposition in Prometheus' text format. */
  readonly metrics: () => Promise<string>;
  /** Returns why the server should get no requests now; undefined when it is ready. */
  readonly findHindrance: () => string | undefined;
}

interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** A scrape is a small request with a quick answer. */
const limits = {
  headerBytes: 8192,
  headersMs: 5000,
  requestMs: 10_000,
  idleMs: 30_000,
  maxConnections: 64,
};
const plainType = 'text/plain; charset=utf-8';

/**
 * The plain HTTP port for monitors and orchestrators, with /metrics, /livez and /readyz. It asks
 * for no credentials, so it must not be reachable from outside.
 *
 * @throws Error when the address cannot be bound.
 */
export function openObservePort(options: ObservePortOptions): Promise<HttpListener> {
  const shared = { ...options, metrics: shareRuns(options.metrics) };
  const { address } = options;
  const purpose = 'metrics';
  const advice = "SLMRANK_METRICS_ADDRESS names another address, or 'off'";
  return listenHttp({ address, limits, purpose, advice }, (request, response) => {
    void answer(request, response, shared);
  });
}

/** Scrapes that overlap get the same exposition. */
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

/** Never rejects: when a page cannot be made, the page says why. */
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
      // Reaching this line shows that the event loop runs.
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
  return { status, type: plainType, body: `${line}\n` };
}
