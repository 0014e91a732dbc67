import type { Clock } from '../clock.ts';
import type { Config, DeviceSlot } from '../config.ts';
import type { Manifest } from '../manifest.ts';
import type { CostModel } from '../schedule/cost.ts';
import { packBatch, packedTokens } from '../schedule/pack-batch.ts';
import { openDeviceThread } from './device-thread.ts';
import { createEncoderPool, type EncoderPool } from './encoder-pool.ts';
import { Replica, type WarmUp } from './replica.ts';
import { type Offer, ReplicaSet } from './replica-set.ts';
import type { BackOff } from './replica-state.ts';
import { warmUpParts } from './warm-up.ts';
import { findWorker, type WorkerEntry } from './worker-entry.ts';

export interface Workers {
  readonly infer: WorkerEntry;
  readonly encode: WorkerEntry;
}

export interface PoolLog {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export interface EncoderOptions {
  readonly config: Config;
  readonly manifest: Manifest;
  readonly modelDir?: string;
  readonly workers?: Partial<Workers>;
}

export interface ReplicaSetOptions extends EncoderOptions {
  readonly clock: Clock;
  readonly cost: CostModel;
  readonly log?: PoolLog;
  /** Told of every change in what the replicas offer. */
  readonly onOffer: (offer: Offer) => void;
}

/** A crash costs a load and the warm-up: seconds. The back-off only keeps a slot that cannot live from spinning. */
const backOff: BackOff = { firstMs: 100, mostMs: 30_000, failures: 8 };

export function openEncoders({ config, manifest, modelDir, workers }: EncoderOptions): EncoderPool {
  const { prefixTokens, candidateTokens } = config;
  const limits = { prefixTokens, candidateTokens, rowTokens: manifest.blueprint.rowTokens };
  const entry = workers?.encode ?? findWorker('encode');
  return createEncoderPool(
    entry,
    { modelDir: modelDir ?? config.model, manifest, limits },
    config.encoders,
  );
}

/** One replica for each device slot of the configuration; none is loaded yet. */
export function openReplicas(options: ReplicaSetOptions): ReplicaSet {
  const { config, manifest, clock, cost, log } = options;
  const modelDir = options.modelDir ?? config.model;
  const entry = options.workers?.infer ?? findWorker('infer');
  const replicas = new ReplicaSet(
    config.devices.map(
      (slot) =>
        new Replica(slot, {
          openThread: (onGone) => openDeviceThread(entry, { modelDir, manifest, slot }, onGone),
          warmUps: warmUpsOf(slot, manifest, config),
          backOff,
          clock,
          onPhase: (replica) => {
            tellPhase(replica, log);
            options.onOffer(replicas.offer());
          },
          onWarmUp: (tokens, runMs) =>
            cost.observe({ replica: slot.name, packedTokens: tokens, runMs }),
        }),
    ),
  );
  return replicas;
}

function warmUpsOf({ provider }: DeviceSlot, manifest: Manifest, config: Config): WarmUp[] {
  const { tokenBudget, candidateTokens } = config;
  const { attentionGroups } = manifest;
  return warmUpParts(manifest, { provider, tokenBudget, candidateTokens }).map((part) => ({
    packedTokens: packedTokens([part]),
    pack: () => packBatch([part], { attentionGroups }),
  }));
}

function tellPhase({ slot, state }: Replica, log: PoolLog | undefined): void {
  const fields = { replica: slot.name, phase: state.phase };
  if (state.phase === 'failed') {
    const { reason, failures, retryAtMs } = state;
    const next = retryAtMs === undefined ? 'given up' : 'will load again';
    log?.warn({ ...fields, reason, failures }, `${slot.name} failed, ${next}: ${reason}`);
  } else {
    log?.info(fields, `${slot.name} is ${state.phase}`);
  }
}
