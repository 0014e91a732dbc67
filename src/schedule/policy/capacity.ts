import { at } from '../../base/at.ts';
import type { BatchSize, EstimateMs, ReplicaLoad } from './view.ts';

/** The part of the view from which capacity is measured. */
export interface ReplicaView {
  readonly replicas: readonly ReplicaLoad[];
  readonly estimateMs: EstimateMs;
}

/** How fast the ready replicas are. All times are 0 without replicas or before the first run. */
export interface Capacity {
  /** On the fastest replica alone. */
  fastestMs(size: BatchSize): number;
  /** On all replicas, as if the work could be divided among them without loss. */
  togetherMs(size: BatchSize): number;
  /** Until all replicas together have finished it, each joining once its own batches are done. */
  soonestMs(size: BatchSize): number;
}

/** `packedTokens` is the batch size at which the replicas' speeds are compared. */
export function measureCapacity(view: ReplicaView, packedTokens: number, nowMs: number): Capacity {
  let fastest: string | undefined;
  let leastMs = Number.POSITIVE_INFINITY;
  let perMs = 0;
  for (const { name } of view.replicas) {
    const runMs = view.estimateMs({ packedTokens }, name);
    perMs += 1 / runMs;
    if (runMs < leastMs) {
      leastMs = runMs;
      fastest = name;
    }
  }
  const fastestMs = (size: BatchSize) =>
    fastest === undefined ? 0 : view.estimateMs(size, fastest);
  // A replica of unknown speed makes perMs infinite; the share is then 0, as its estimates are.
  const share = leastMs > 0 && perMs > 0 ? 1 / (perMs * leastMs) : 0;
  const togetherMs = (size: BatchSize) => share * fastestMs(size);
  const busyMs = busyTimes(view.replicas, nowMs);
  return {
    fastestMs,
    togetherMs,
    soonestMs: (size) => finishTimeAfterQueue(busyMs, togetherMs(size)),
  };
}

/** How long all replicas together need for this many tokens in batches of the token budget. */
export function batchedMs(
  { togetherMs }: Pick<Capacity, 'togetherMs'>,
  packedTokens: number,
  tokenBudget: number,
): number {
  const batches = Math.max(1, Math.ceil(packedTokens / tokenBudget));
  return batches * togetherMs({ packedTokens: packedTokens / batches });
}

/** Milliseconds until each replica has finished its batches, ascending. */
export function busyTimes(replicas: readonly ReplicaLoad[], nowMs: number): readonly number[] {
  return replicas
    .map(({ batches, freeAtMs }) => (batches === 0 ? 0 : Math.max(0, freeAtMs - nowMs)))
    .sort((a, b) => a - b);
}

/**
 * Milliseconds until work of `togetherMs` is done when each replica joins in once it is free
 * (water-filling over the ascending `busyMs`). All replicas count as equally fast.
 */
export function finishTimeAfterQueue(busyMs: readonly number[], togetherMs: number): number {
  if (busyMs.length === 0) {
    return 0;
  }
  const work = togetherMs * busyMs.length;
  let filled = 0;
  let level = at(busyMs, 0);
  let free = 1;
  while (free < busyMs.length) {
    const next = at(busyMs, free);
    const step = (next - level) * free;
    if (filled + step >= work) {
      break;
    }
    filled += step;
    level = next;
    free += 1;
  }
  return level + (work - filled) / free;
}
