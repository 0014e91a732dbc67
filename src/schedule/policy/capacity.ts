import type { EstimateMs, ReplicaLoad, ScheduleView, WaitingRequest } from './view.ts';

/** What of the view the ready replicas are measured by. */
export type ReplicaView = Pick<
  ScheduleView<WaitingRequest, ReplicaLoad>,
  'replicas' | 'estimateMs'
>;
type Size = Parameters<EstimateMs>[0];

/** What the ready replicas can do; 0 ms for everything when there are none, or no run was seen. */
export interface Power {
  fastestMs(size: Size): number;
  /** As if the work could be spread over all of them without loss. */
  togetherMs(size: Size): number;
  /** Until it would be done together, each replica joining in once it has ended what it holds. */
  soonestMs(size: Size): number;
}

/** `packedTokens` is the size at which the replicas are compared. */
export function measurePower(view: ReplicaView, packedTokens: number, nowMs: number): Power {
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
  const fastestMs = (size: Size) => (fastest === undefined ? 0 : view.estimateMs(size, fastest));
  // A replica of no known cost makes perMs infinite: the share is 0 then, as are the estimates.
  const share = leastMs > 0 && perMs > 0 ? 1 / (perMs * leastMs) : 0;
  const togetherMs = (size: Size) => share * fastestMs(size);
  const busyMs = busyTimes(view.replicas, nowMs);
  return { fastestMs, togetherMs, soonestMs: (size) => spread(busyMs, togetherMs(size)) };
}

/** Milliseconds until each replica has ended what it holds, ascending. */
export function busyTimes(replicas: readonly ReplicaLoad[], nowMs: number): readonly number[] {
  return replicas
    .map(({ batches, busyUntilMs }) => (batches === 0 ? 0 : Math.max(0, busyUntilMs - nowMs)))
    .sort((a, b) => a - b);
}

/**
 * When work that all replicas together would do in `togetherMs` is done, each joining in once it is free: water
 * poured over steps of those heights, which ascend. Replicas count alike.
 */
export function spread(busyMs: readonly number[], togetherMs: number): number {
  const work = togetherMs * busyMs.length;
  let poured = 0;
  let level = busyMs[0] ?? 0;
  let free = 1;
  while (free < busyMs.length) {
    const next = busyMs[free] ?? level;
    const step = (next - level) * free;
    if (poured + step >= work) {
      break;
    }
    poured += step;
    level = next;
    free += 1;
  }
  return level + (work - poured) / free;
}
