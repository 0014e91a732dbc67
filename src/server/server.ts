import { setLogger } from '@grpc/grpc-js';
import { type Clock, systemClock } from '../base/clock.ts';
import type { Config } from '../config/config.ts';
import { packageVersion } from '../config/package-version.ts';
import { ItemDesk } from '../desk/items.ts';
import { Lifecycle } from '../desk/lifecycle.ts';
import { Ranker } from '../desk/ranker.ts';
import type { Tell } from '../domain/events.ts';
import type { Choice, ServedModel, Serving } from '../domain/rank.ts';
import { encodingOf } from '../encode/encoding.ts';
import type { ShadowQuality } from '../desk/shadow/shadow-quality.ts';
import type { ItemKeeper } from '../items/keeper.ts';
import type { Load } from '../observe/load-meter.ts';
import type { Log } from '../observe/log.ts';
import { parseProtoRoot, type ProtoRoot } from '../proto/proto-root.ts';
import type { FrontDoor } from './door/front-door.ts';
import { withEndingStreams } from './grpc/ending-streams.ts';
import { Health } from './grpc/health.ts';
import { guardItemService, itemService } from './grpc/items/item-service.ts';
import { guardInference } from './grpc/kserve/guard.ts';
import { kserveService } from './grpc/kserve/service.ts';
import { createLoadReports } from './grpc/load-report.ts';
import { guardService, rankingService } from './grpc/ranking-service.ts';
import { createReflection } from './grpc/reflection.ts';
import type { HttpApi } from './http/api/http-api.ts';
import type { ApiParts } from './http/api/rank-routes.ts';
import { createStop } from './stop.ts';
import { type ListenCredentials, warnOfPlainText } from './tls.ts';
import { createTransport, type Transport } from './transport.ts';
import { nameStatus } from './wire/error.ts';

export interface ServerOptions {
  readonly config: Config;
  readonly pipeline: Serving;
  /** The model for new requests, which may change while the server runs. */
  readonly current: () => ServedModel;
  /** What the server has chosen by itself, and why; GetInfo publishes it. */
  readonly choices?: readonly Choice[];
  /** The item store; undefined for none. Who gave it closes it. */
  readonly items?: ItemKeeper | undefined;
  /** Compares the orders of stored summaries with those of whole texts. */
  readonly shadow?: Pick<ShadowQuality, 'offer'> | undefined;
  readonly log: Log;
  /** TLS or plain text for the address; by default as the configuration says. */
  readonly credentials?: ListenCredentials;
  /** Receives an event for each ranking request that ends. */
  readonly tell?: Tell;
  /** Reported to clients that balance by load (ORCA), in trailers and out of band. */
  readonly readLoad?: () => Load;
  /** The exposition in Prometheus' text format, for the page of the HTTP address. */
  readonly metrics?: () => Promise<string>;
  readonly clock?: Clock;
  /** The time from health turning NOT_SERVING until calls are refused. */
  readonly lameDuckMs?: number;
}

export interface RunningServer {
  /** HOST:PORT, with the actual port when the configuration said 0. */
  readonly address: string;
  /** The same for HTTP; undefined when it is off. */
  readonly httpAddress: string | undefined;
  /** Resolves when the pipeline is warm and health says SERVING; rejects when warming fails. */
  readonly ready: Promise<void>;
  /**
   * Sets health to NOT_SERVING, waits as a lame duck, refuses new calls, lets admitted calls finish
   * within `drainMs`, drains the pipeline and closes all connections. Resolves to true when no call
   * had to be cut off. Further calls return the same promise.
   */
  stop(): Promise<boolean>;
  isStopping(): boolean;
  /** The open calls and connections and the bytes they hold, for tests and metrics. */
  readonly door: Pick<FrontDoor, 'openCalls' | 'openConnections' | 'heldBytes' | 'refused'>;
  /** Reads certificates and API keys again, which also happens whenever their files change. */
  reload(): void;
}

/**
 * Long enough for clients that watch health, and for load balancers that poll it every half second.
 * With slower polling the process needs a delay before the signal (preStop in Kubernetes).
 */
export const defaultLameDuckMs = 1000;

/**
 * Listens at once, and serves as soon as the pipeline is warm.
 *
 * @throws Error when the address cannot be listened on.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config, pipeline, log, clock = systemClock } = options;
  const root = parseProtoRoot();
  const lifecycle = new Lifecycle();
  const health = new Health(pipeline, clock);
  const transport = createTransport({ config, credentials: options.credentials, log, clock, root });
  const api = addServices(options, { transport, root, lifecycle, health, clock });

  // The library's log lines are noise among ours: we get its faults as errors and statuses anyway.
  setLogger({ error: toDebug(log), info: toDebug(log), debug: toDebug(log) });
  const address = await transport.listen();
  const http = await openHttp(api, transport.tls);
  const ready = serveWhenWarm(pipeline, lifecycle, health);
  ready.catch(() => undefined); // The caller handles it; until then it must not end the process.
  const stopping = createStop({
    server: transport.server,
    http,
    address,
    lifecycle,
    pipeline,
    log,
    clock,
    drainMs: config.drainMs,
    lameDuckMs: options.lameDuckMs ?? defaultLameDuckMs,
    onBegin: () => {
      transport.close();
      health.end();
    },
    onEnd: () => transport.door.close(),
  });
  const { door } = transport;
  const httpAddress = http?.address;
  return { address, httpAddress, ready, ...stopping, door, reload: () => transport.reload() };
}

interface ServiceParts {
  readonly transport: Transport;
  readonly root: ProtoRoot;
  readonly lifecycle: Lifecycle;
  readonly health: Health;
  readonly clock: Clock;
}

/** Returns what the HTTP address needs to ask the same desk. */
function addServices(options: ServerOptions, parts: ServiceParts): ApiParts {
  const { config, current, items, choices = [], readLoad: read } = options;
  const { root, lifecycle, clock } = parts;
  const { server, access } = parts.transport;
  const served = { config, version: packageVersion(), items, choices };
  const reports = read && createLoadReports({ read, clock });
  const calls = {
    access,
    root,
    lifecycle,
    clock,
    log: options.log,
    describeEnd: nameStatus,
    maxCallMs: config.maxCallMs,
    tell: options.tell,
    reports,
  };
  const rankedItems = items && { keeper: items, encodingOf, shadow: options.shadow };
  const ranker = new Ranker({ current, access, lifecycle, limits: config, items: rankedItems });
  server.addService(guardService(root, served), rankingService({ ...calls, served, ranker }));
  const desk = new ItemDesk({ items, access, lifecycle, limits: config });
  const { streamUnanswered } = config;
  server.addService(
    guardItemService(root, config),
    itemService({ ...calls, desk, streamUnanswered }),
  );
  const ending = withEndingStreams(server, { lifecycle, access, root });
  parts.health.service.addToServer(ending);
  createReflection().addToServer(ending);
  reports?.addToServer(ending);
  const isServing = () => parts.health.isServing;
  const { version } = served;
  const inference = { ...calls, config, version, ranker, isServing };
  server.addService(guardInference(root, config), kserveService(inference));
  const { metrics } = options;
  return { ...calls, config, served, ranker, door: parts.transport.door, isServing, metrics };
}

/** Loads the library only where it is needed: it takes as long to load as everything else. */
async function openHttp(api: ApiParts, tls: Transport['tls']): Promise<HttpApi | undefined> {
  const { httpAddress: address } = api.config;
  if (address === undefined) {
    return undefined;
  }
  warnOfPlainText(address, api.config, api.log);
  const { openHttpApi } = await import('./http/api/http-api.ts');
  return await openHttpApi(address, api, tls);
}

async function serveWhenWarm(
  pipeline: Serving,
  lifecycle: Lifecycle,
  health: Health,
): Promise<void> {
  await pipeline.warm();
  if (lifecycle.beginServing()) {
    health.begin();
  }
}

function toDebug(log: Log): (...words: unknown[]) => void {
  return (...words) => log.debug({ library: 'grpc-js' }, words.map(String).join(' '));
}
