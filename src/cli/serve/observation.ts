import { systemClock } from '../../base/clock.ts';
import type { Config } from '../../config/config.ts';
import type { Manifest } from '../../model/manifest.ts';
import type { HttpListener } from '../../server/http/listener.ts';
import { openObservePort } from '../../server/http/observe-port.ts';
import type { Log } from '../../observe/log.ts';
import { createObserver, type Observer, shortFingerprint } from '../../observe/observer.ts';
import type { RankingPipeline, ReplicaDescription } from '../../domain/rank.ts';
import type { RunningServer } from '../../server/server.ts';

export interface ObservationOptions {
  readonly config: Config;
  readonly manifest: Manifest;
  readonly version: string;
  readonly log: Log;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The parts that /readyz reports on, once they exist. */
export interface Observed {
  readonly server: Pick<RunningServer, 'isStopping'>;
  readonly pipeline: Pick<RankingPipeline, 'replicas'>;
  /** Resolves when the model is warm. */
  readonly ready: Promise<void>;
}

/** The observer of a server process and its port. */
export interface Observation {
  readonly observer: Observer;
  /** HOST:PORT; undefined when the port is off. */
  readonly address: string | undefined;
  /** From now on /readyz reports on these parts. */
  follow(observed: Observed): void;
  close(): Promise<void>;
}

/**
 * Opens the port before anything is loaded, so that a slow start can be watched.
 *
 * @throws Error when the address is in use.
 */
export async function openObservation(options: ObservationOptions): Promise<Observation> {
  const { config, manifest, version, log, env } = options;
  const { name: model, fingerprint, precision, buckets } = manifest;
  const provider = config.devices[0]?.provider ?? 'none';
  const observer = await createObserver({
    log,
    env,
    buckets,
    clock: systemClock,
    replicas: config.devices.map((slot) => slot.name),
    build: { version, model, precision, fingerprint: shortFingerprint(fingerprint), provider },
  });
  let state: ServingState = { isStopping: () => false, isWarm: false, replicas: () => [] };
  const port = await openPort(config, observer, () => findHindrance(state));
  return {
    observer,
    address: port?.address,
    follow: ({ server, pipeline, ready }) => {
      const parts = {
        isStopping: () => server.isStopping(),
        replicas: () => pipeline.replicas(),
      };
      state = { ...parts, isWarm: false };
      ready.then(
        () => {
          state = { ...parts, isWarm: true };
        },
        // The caller that starts the server reports the failure.
        () => undefined,
      );
    },
    close: async () => {
      await port?.close();
      await observer.close();
    },
  };
}

async function openPort(
  { metricsAddress }: Config,
  observer: Observer,
  hindrance: () => string | undefined,
): Promise<HttpListener | undefined> {
  return metricsAddress === undefined
    ? undefined
    : await openObservePort({
        address: metricsAddress,
        metrics: () => observer.metrics(),
        findHindrance: hindrance,
      });
}

export interface ServingState {
  readonly isStopping: () => boolean;
  readonly isWarm: boolean;
  readonly replicas: () => readonly ReplicaDescription[];
}

/** Why the server cannot take requests now; undefined when it can. */
export function findHindrance({ isStopping, isWarm, replicas }: ServingState): string | undefined {
  if (isStopping()) {
    return 'draining';
  }
  if (!isWarm) {
    return 'starting: the model is not warm yet';
  }
  const all = replicas();
  const phases = all.map(({ deviceSlot, phase }) => `${deviceSlot} ${phase}`).join(', ');
  return all.some(({ phase }) => phase === 'ready') ? undefined : `no replica is ready: ${phases}`;
}
