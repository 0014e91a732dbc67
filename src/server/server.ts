import { nameStatus } from './wire/error.ts';
import { setLogger } from '@grpc/grpc-js';
import { type Clock, systemClock } from '../base/clock.ts';
import type { Config } from '../config/config.ts';
import type { Tell } from '../domain/events.ts';
import type { Load } from '../observe/load-meter.ts';
import type { Log } from '../observe/log.ts';
import { packageVersion } from '../config/package-version.ts';
import type { ServedModel, Serving } from '../domain/rank.ts';
import { withEndingStreams } from './grpc/ending-streams.ts';
import type { FrontDoor } from './door/front-door.ts';
import { Health } from './grpc/health.ts';
import { Lifecycle } from '../desk/lifecycle.ts';
import { createLoadReports } from './grpc/load-report.ts';
import { parseProtoRoot } from '../proto/proto-root.ts';
import { guardService, rankingService } from './grpc/ranking-service.ts';
import { createReflection } from './grpc/reflection.ts';
import { createStop } from './stop.ts';
import type { ListenCredentials } from './tls.ts';
import { createTransport } from './transport.ts';

export interface ServerOptions {
  readonly config: Config;
  readonly pipeline: Serving;
  /** The model for new requests, which may change while the server runs. */
  readonly current: () => ServedModel;
  readonly log: Log;
  /** What the address is served with; opened from the configuration when they are not given. */
  readonly credentials?: ListenCredentials;
  /** Told of every ranking request's end. */
  readonly tell?: Tell;
  /** Reported to clients that balance by load (ORCA), in trailers and out of band. */
  readonly readLoad?: () => Load;
  readonly clock?: Clock;
  /** Between health turning NOT_SERVING and refusing calls. */
  readonly lameDuckMs?: number;
}

export interface RunningServer {
  /** HOST:PORT, the port taken when the configuration said 0. */
  readonly address: string;
  /** Resolves when the pipeline is warm and health says SERVING; rejects when it cannot be warmed. */
  readonly ready: Promise<void>;
  /**
   * Health NOT_SERVING, lame duck, no new calls, admitted calls answered within `drainMs`, the pipeline drained, all
   * connections closed. True when nothing had to be cut off. Calling it again returns the same promise.
   */
  stop(): Promise<boolean>;
  isStopping(): boolean;
  /** For tests and metrics: what is open and held. */
  readonly door: Pick<FrontDoor, 'openCalls' | 'openConnections' | 'heldBytes' | 'refused'>;
  /** Reads certificates and API keys again; they are also read when their files change. */
  reload(): void;
}

/**
 * Long enough for clients that watch health and for load balancers that poll it every half second. One that polls
 * less often needs a delay before the signal (preStop in Kubernetes).
 */
const defaultLameDuckMs = 1000;

/** Starts to listen at once and to serve when the pipeline is warm. @throws Error when the address is not to be had. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config, pipeline, current, log, clock = systemClock } = options;
  const root = parseProtoRoot();
  const lifecycle = new Lifecycle();
  const health = new Health(pipeline, clock);
  const transport = createTransport({ config, credentials: options.credentials, log, clock, root });
  const { server, access } = transport;
  const served = { config, version: packageVersion() };
  const { readLoad: read } = options;
  const reports = read && createLoadReports({ read, clock });
  server.addService(
    guardService(root, served),
    rankingService({
      ...{ served, current, access, root, lifecycle, clock, log },
      describeEnd: nameStatus,
      maxCallMs: config.maxCallMs,
      ...{ tell: options.tell, reports },
    }),
  );
  const ending = withEndingStreams(server, { lifecycle, access, root });
  health.service.addToServer(ending);
  createReflection().addToServer(ending);
  reports?.addToServer(ending);

  // Its lines would stand between ours; what matters in them reaches us as errors and statuses.
  setLogger({ error: toDebug(log), info: toDebug(log), debug: toDebug(log) });
  const address = await transport.listen();
  const ready = serveWhenWarm(pipeline, lifecycle, health);
  ready.catch(() => undefined); // The caller's to handle; until it does, not an unhandled rejection.
  const stopping = createStop({
    ...{ server, address, lifecycle, pipeline, log, clock },
    drainMs: config.drainMs,
    lameDuckMs: options.lameDuckMs ?? defaultLameDuckMs,
    onBegin: () => {
      transport.close();
      health.end();
    },
    onEnd: () => transport.door.close(),
  });
  return { address, ready, ...stopping, door: transport.door, reload: () => transport.reload() };
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
