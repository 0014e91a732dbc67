import type { Clock } from '../base/clock.ts';
import type { Config, DeviceSlot, ServedConfig } from '../config/config.ts';
import type { Tell } from '../domain/events.ts';
import { type FileStamps, type Manifest, scoreGraph } from '../model/manifest.ts';
import type { PackedBatch } from '../batch/packed-batch.ts';
import type { CostModel } from '../schedule/costs/cost.ts';
import { packBatch, packedTokens, planGroups } from '../batch/pack/pack-batch.ts';
import { paddedSlots } from '../batch/slots.ts';
import { type OpenThread, openDeviceThread } from './threads/device-thread.ts';
import { servedLimits } from '../encode/served-limits.ts';
import { createEncoderPool, type EncoderPool } from './encoders/encoder-pool.ts';
import { Replica, type WarmUp } from './replica.ts';
import { type Offer, ReplicaSet } from './replica-set.ts';
import type { BackOff } from './replica-state.ts';
import { warmUpParts } from './warm-up.ts';
import { HungThreads, type WatchLimits, watchThreads } from './threads/watched-thread.ts';
import { findWorker, type WorkerEntry } from './threads/worker-entry.ts';

export interface Workers {
  readonly infer: WorkerEntry;
  readonly encode: WorkerEntry;
}

export interface PoolLog {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export interface EncoderOptions {
  readonly config: ServedConfig;
  readonly manifest: Manifest;
  readonly workers?: Partial<Workers>;
}

export interface ReplicaSetOptions extends EncoderOptions {
  readonly clock: Clock;
  readonly cost: CostModel;
  /** Stamps of the verified files. When undefined, every load reads and verifies them. */
  readonly verified?: FileStamps | undefined;
  readonly log?: PoolLog;
  readonly tell?: Tell;
  /** Called whenever the replicas that are ready or loading have changed. */
  readonly onOffer: (offer: Offer) => void;
}

/**
 * A crash costs seconds to load and warm up; the back-off keeps a slot that always fails from
 * spinning.
 */
const backOff: BackOff = { firstMs: 100, mostMs: 30_000, failures: 8, quarantineMs: 600_000 };

/** Far above the slowest run on an overloaded machine. Loading CUDA kernels takes minutes. */
const watchLimits: WatchLimits = { leastMs: 10_000, factor: 20, loadMs: 900_000 };
/** Each hung thread may occupy a core and a model's memory until its run ends. */
const mostHungThreads = 4;

export function openEncoders({ config, manifest, workers }: EncoderOptions): EncoderPool {
  const limits = servedLimits(config, manifest);
  const entry = workers?.encode ?? findWorker('encode');
  return createEncoderPool(entry, { modelDir: config.model, manifest, limits }, config.encoders);
}

/** Creates a replica for each configured device slot, and loads none. */
export function openReplicas(options: ReplicaSetOptions): ReplicaSet {
  const { config, manifest, clock, cost, verified } = options;
  const entry = options.workers?.infer ?? findWorker('infer');
  const hung = new HungThreads(mostHungThreads);
  const onPhase = (replica: Replica) => {
    logPhase(replica, options.log);
    tellPhase(replica, options.tell);
    options.onOffer(replicas.offer());
  };
  const openReplica = (slot: DeviceSlot) => {
    const predictMs = ({ tokens, groups }: PackedBatch) =>
      cost.estimateMs({ packedTokens: tokens, slots: paddedSlots({ groups }) }, slot.name) ||
      undefined;
    const openThread: OpenThread = (onGone) =>
      openDeviceThread(entry, { modelDir: config.model, manifest, slot, verified }, onGone);
    return new Replica(slot, {
      openThread: watchThreads(openThread, { clock, predictMs, limits: watchLimits, hung }),
      warmUps: warmUpsOf(slot, manifest, config),
      backOff,
      clock,
      predictMs,
      onPhase,
      onWarmUp: ({ packedTokens: tokens, slots }, runMs) =>
        cost.observe({ replica: slot.name, packedTokens: tokens, slots, runMs }),
    });
  };
  const replicas = new ReplicaSet(config.devices, openReplica);
  return replicas;
}

function warmUpsOf({ provider }: DeviceSlot, manifest: Manifest, config: Config): WarmUp[] {
  const { tokenBudget } = config;
  const { candidateTokens, prefixTokens } = servedLimits(config, manifest);
  const graph = scoreGraph(manifest, provider);
  const options = { provider, tokenBudget, candidateTokens, prefixTokens };
  return warmUpParts(manifest, options).map((part) => ({
    packedTokens: packedTokens([part]),
    slots: paddedSlots({ groups: planGroups([part], graph) }),
    pack: () => packBatch([part], graph),
  }));
}

function logPhase({ slot, state }: Replica, log: PoolLog | undefined): void {
  const fields = { replica: slot.name, phase: state.phase };
  if ('reason' in state) {
    const { reason, failures, retryAtMs } = state;
    const next = retryAtMs === undefined ? 'until it is released' : 'will load again';
    log?.warn({ ...fields, reason, failures }, `${slot.name} ${state.phase}, ${next}: ${reason}`);
  } else {
    log?.info(fields, `${slot.name} is ${state.phase}`);
  }
}

function tellPhase({ slot, state }: Replica, tell: Tell | undefined): void {
  const reason = 'reason' in state ? state.reason : undefined;
  tell?.({ kind: 'replica', replica: slot.name, phase: state.phase, reason });
}
