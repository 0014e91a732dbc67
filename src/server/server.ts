import { type ChannelOptions, Server, ServerCredentials, setLogger } from '@grpc/grpc-js';
import { HealthImplementation, type ServingStatus } from 'grpc-health-check';
import { type Clock, systemClock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Tell } from '../events.ts';
import type { Manifest } from '../manifest.ts';
import type { Log } from '../observe/log.ts';
import { packageVersion } from '../package-version.ts';
import type { RankingPipeline } from '../rank.ts';
import { withEndingStreams } from './ending-streams.ts';
import { Lifecycle } from './lifecycle.ts';
import { parseProtoRoot, rankingServiceName } from './proto-root.ts';
import { guardService, rankingService } from './ranking-service.ts';
import { createReflection } from './reflection.ts';
import { createStop } from './stop.ts';

export interface ServerOptions {
  readonly config: Config;
  readonly manifest: Manifest;
  readonly pipeline: RankingPipeline;
  readonly log: Log;
  /** Told of every ranking request's end. */
  readonly tell?: Tell;
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
}

/**
 * Long enough for clients that watch health and for load balancers that poll it every half second. One that polls
 * less often needs a delay before the signal (preStop in Kubernetes).
 */
const defaultLameDuckMs = 1000;

/** Starts to listen at once and to serve when the pipeline is warm. @throws Error when the address is not to be had. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config, manifest, pipeline, log, clock = systemClock } = options;
  const root = parseProtoRoot();
  const lifecycle = new Lifecycle();
  const health = new HealthImplementation();
  const setHealth = (status: ServingStatus) => {
    health.setStatus('', status);
    health.setStatus(rankingServiceName, status);
  };
  setHealth('NOT_SERVING');

  const server = new Server(transportOptions(config));
  const served = { config, manifest, version: packageVersion() };
  server.addService(
    guardService(root.service, served),
    rankingService({
      ...{ served, pipeline, root, lifecycle, clock, log },
      maxCallMs: config.maxCallMs,
    }),
  );
  const ending = withEndingStreams(server, lifecycle);
  health.addToServer(ending);
  createReflection().addToServer(ending);

  // Its lines would stand between ours; what matters in them reaches us as errors and statuses.
  setLogger({ error: toDebug(log), info: toDebug(log), debug: toDebug(log) });
  const address = await bind(server, config.address);
  const ready = pipeline.warm().then(() => {
    if (lifecycle.beginServing()) {
      setHealth('SERVING');
    }
  });
  ready.catch(() => undefined); // The caller's to handle; until it does, not an unhandled rejection.
  const stopping = createStop({
    ...{ server, address, lifecycle, pipeline, log, clock },
    drainMs: config.drainMs,
    lameDuckMs: options.lameDuckMs ?? defaultLameDuckMs,
    onBegin: () => setHealth('NOT_SERVING'),
  });
  return { address, ready, ...stopping };
}

function transportOptions(config: Config): ChannelOptions {
  return {
    // Twice ours: a request somewhat too large gets our answer with details; past this the library breaks it off.
    'grpc.max_receive_message_length': 2 * config.requestBytes,
    // Requests are buffered whole before any check of ours: bounds what one connection can make us hold.
    'grpc.max_concurrent_streams': 1000,
    // On by default: work for every call and message, for a page that nobody serves.
    'grpc.enable_channelz': 0,
    // Lets clients behind a layer-4 balancer find new servers; calls under way go on. The grace ends streams of peers
    // that died without a word. No keepalive pings for that: one on a connection that is closing drops the calls on it
    // (tried with grpc-js 1.14.7; grpc-node#3068), so every drain would lose calls.
    'grpc.max_connection_age_ms': 1_800_000,
    'grpc.max_connection_age_grace_ms': 3_600_000,
  };
}

async function bind(server: Server, address: string): Promise<string> {
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) {
        resolve(bound);
      } else {
        reject(new Error(`cannot listen on ${address}: ${error.message}`, { cause: error }));
      }
    });
  });
  return `${address.slice(0, address.lastIndexOf(':'))}:${port}`;
}

function toDebug(log: Log): (...words: unknown[]) => void {
  return (...words) => log.debug({ library: 'grpc-js' }, words.map(String).join(' '));
}
