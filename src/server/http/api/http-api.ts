import { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import { presentError, RankError, type RankErrorKind } from '../../../base/errors.ts';
import type { Config } from '../../../config/config.ts';
import { retryAfterOf, statusOf, type WriteError, writeRerankError } from '../shapes/errors.ts';
import type { RenewedTls, TlsMaterial } from './renewed-tls.ts';
import { addPage } from '../page/page.ts';
import { admitCalls } from './admit-calls.ts';
import { parseJsonBody } from './guard-json.ts';
import { addInfoRoutes } from './info-routes.ts';
import { addRankRoutes, type ApiParts } from './rank-routes.ts';

export interface HttpApi {
  /** HOST:PORT, with the actual port when the configuration said 0. */
  readonly address: string;
  /** Takes no new connections and closes idle ones. */
  beginDraining(): void;
  /** Closes what is still open. */
  close(): Promise<void>;
}

/** Bodies of ranking requests are two objects deep; JSON of our own service three. */
const mostDepth = 16;
/** The most values of a body, by its candidates; a candidate of our own service has five. */
const valuesOf = ({ candidates }: Config) => 16 * candidates + 1000;
const idleMs = 60_000;

/**
 * Serves the APIs of other ranking servers, and our own in JSON, over HTTP/1.1.
 *
 * @throws Error when the address cannot be listened on.
 */
export async function openHttpApi(
  address: string,
  parts: ApiParts,
  tls: RenewedTls | undefined,
): Promise<HttpApi> {
  const app = createApp(parts, tls?.material());
  if (tls !== undefined) {
    renewTls(app, tls);
  }
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  try {
    await app.listen({ host, port: Number(address.slice(colon + 1)) });
  } catch (cause) {
    const { message } = cause as Error;
    throw new Error(
      `cannot listen on ${address} for HTTP: ${message}; ` +
        "SLMRANK_HTTP_ADDRESS names another address, or 'off'",
      { cause },
    );
  }
  const { port } = app.server.address() as AddressInfo;
  return {
    address: `${address.slice(0, colon)}:${port}`,
    beginDraining: () => {
      app.server.close();
      app.server.closeIdleConnections();
    },
    close: async () => {
      app.server.closeAllConnections();
      await app.close();
    },
  };
}

/** The application, not listening yet. */
function createApp(parts: ApiParts, tls: TlsMaterial | undefined): FastifyInstance {
  const { config } = parts;
  const limits = {
    maxHeaderSize: config.metadataBytes,
    headersTimeout: Math.min(10_000, config.messageMs),
    requestTimeout: config.messageMs,
    connectionsCheckingInterval: 1000,
  };
  const options = {
    bodyLimit: config.requestBytes,
    keepAliveTimeout: idleMs,
    requestTimeout: config.messageMs,
    forceCloseConnections: 'idle',
    disableRequestLogging: true,
    logger: false,
  } as const;
  const app =
    tls === undefined
      ? fastify({ ...options, http: limits })
      : (fastify({
          ...options,
          https: { ...limits, ...secureOptions(tls) },
        }) as unknown as FastifyInstance);
  parts.door.attachHttp(app.server);
  // A connection is quiet while its request is ranked.
  app.server.timeout = config.maxCallMs + config.messageMs;
  readJson(app, config);
  answerErrors(app);
  admitCalls(app, parts);
  addRankRoutes(app, parts);
  addInfoRoutes(app, parts);
  addPage(app);
  return app;
}

/** No other kind of body is read. */
function readJson(app: FastifyInstance, config: Config): void {
  app.removeAllContentTypeParsers();
  const limits = { values: valuesOf(config), depth: mostDepth };
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, parseJsonBody(body as Buffer, limits));
    } catch (error) {
      done(error as Error);
    }
  });
}

function secureOptions({ certificate, privateKey, clientCa }: TlsMaterial) {
  return {
    cert: certificate,
    key: privateKey,
    ...(clientCa === undefined
      ? {}
      : { ca: clientCa, requestCert: true, rejectUnauthorized: true }),
  };
}

/**
 * New connections get the new certificate. The others are closed, at once or behind their answer:
 * the new authority of client certificates has not verified them.
 */
function renewTls(app: FastifyInstance, tls: RenewedTls): void {
  const server: unknown = app.server;
  const verified = new WeakMap<object, TlsMaterial>();
  app.server.on('secureConnection', (socket: object) => verified.set(socket, tls.material()));
  app.addHook('onSend', (request, reply, _payload, done) => {
    if (verified.get(request.raw.socket) !== tls.material()) {
      reply.header('connection', 'close');
    }
    done();
  });
  tls.onRenewed((material) => {
    if (server instanceof Server) {
      server.setSecureContext(secureOptions(material));
      server.closeIdleConnections();
    }
  });
}

/** Errors that the library finds before a route is asked, by their HTTP status. */
const libraryKinds: Readonly<Record<number, RankErrorKind>> = {
  404: 'not-found',
  413: 'invalid-argument',
  415: 'invalid-argument',
  400: 'invalid-argument',
};

function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((thrown: FastifyError | RankError, request, reply) => {
    const status = thrown instanceof RankError ? undefined : thrown.statusCode;
    const kind = status === undefined ? undefined : libraryKinds[status];
    const error =
      kind === undefined
        ? presentError(thrown)
        : new RankError(kind, describeLibraryError(thrown, request.headers['content-type']));
    sendError(reply, error, request.writeError, status);
  });
  app.setNotFoundHandler((request, reply) => {
    const error = new RankError(
      'not-found',
      `there is no ${request.method} ${request.url.slice(0, 100)}; /openapi.json lists what there is`,
    );
    sendError(reply, error, writeRerankError);
  });
}

function describeLibraryError(
  { code, message }: FastifyError | (RankError & { code?: string }),
  type = 'missing',
) {
  return code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE'
    ? `the content type is ${type.slice(0, 100)}; application/json is needed`
    : message;
}

function sendError(
  reply: FastifyReply,
  error: RankError,
  writeError: WriteError,
  libraryStatus?: number,
): void {
  const status = libraryStatus ?? statusOf(error);
  const retryAfter = retryAfterOf(error);
  if (retryAfter !== undefined) {
    reply.header('retry-after', String(retryAfter));
  }
  if (status === 401) {
    reply.header('www-authenticate', 'Bearer');
  }
  void reply.code(status).send(writeError(error, status));
}
