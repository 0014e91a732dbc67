import type { EstimateMs, ReplicaLoad, ScheduleView, WaitingRequest } from './policy.ts';

/** Where work goes: by queued cost in milliseconds, then by bucket. */

type View = Pick<ScheduleView<WaitingRequest, ReplicaLoad>, 'replicas' | 'estimateMs'>;
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
export function measurePower(view: View, packedTokens: number, nowMs: number): Power {
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

/** One running, one prepared. */
const batchesPerReplica = 2;
/** Of equal finish: predictions are no better than this. */
const even = 0.05;

interface Wish {
  readonly nowMs: number;
  readonly packedTokens: number;
  readonly bucket: number;
  /** Whether the queue fills a batch, so that a busy replica may get it early. */
  readonly mayPrepare: boolean;
}

/** A replica, or when one may be prepared. */
type Found<Replica> = { readonly replica: Replica } | { readonly untilMs: number };

/**
 * The replica with room that would end the batch first; among equals one that ran this bucket last. A busy one
 * prepares a batch only when the queue fills it, and only shortly before it falls idle: prepared earlier, the batch
 * would be shut to those who arrive during the run, and could no longer be expired or go elsewhere.
 */
export function findReplica<Request extends WaitingRequest, Replica extends ReplicaLoad>(
  { replicas, estimateMs }: ScheduleView<Request, Replica>,
  { nowMs, packedTokens, bucket, mayPrepare }: Wish,
): Found<Replica> {
  let untilMs = Number.POSITIVE_INFINITY;
  let best: Ranked<Replica> | undefined;
  for (const replica of replicas) {
    if (replica.batches >= (mayPrepare ? batchesPerReplica : 1)) {
      continue;
    }
    const runMs = estimateMs({ packedTokens }, replica.name);
    const readyMs = replica.batches === 0 ? nowMs : replica.busyUntilMs - prepareMs(runMs);
    if (readyMs > nowMs) {
      untilMs = Math.min(untilMs, readyMs);
      continue;
    }
    const startMs = replica.batches === 0 ? nowMs : Math.max(nowMs, replica.busyUntilMs);
    const ranked = { replica, endsInMs: startMs + runMs - nowMs, bucket };
    best = best === undefined || goesBefore(ranked, best) ? ranked : best;
  }
  return best === undefined ? { untilMs } : { replica: best.replica };
}

/** Long enough to pack and hand over a batch, and for the prediction's error. */
function prepareMs(runMs: number): number {
  return 10 + runMs / 20;
}

interface Ranked<Replica> {
  readonly replica: Replica;
  readonly endsInMs: number;
  readonly bucket: number;
}

function goesBefore(a: Ranked<ReplicaLoad>, b: Ranked<ReplicaLoad>): boolean {
  if (a.replica.batches !== b.replica.batches) {
    return a.replica.batches < b.replica.batches;
  }
  if (Math.abs(a.endsInMs - b.endsInMs) > even * Math.max(a.endsInMs, b.endsInMs)) {
    return a.endsInMs < b.endsInMs;
  }
  const affinity =
    Number(a.replica.lastBucket === a.bucket) - Number(b.replica.lastBucket === b.bucket);
  return affinity === 0 ? a.replica.packedTokens < b.replica.packedTokens : affinity > 0;
}

/** This replica's part of work that is shared evenly by speed: 1 when it is as fast as the mean of them. */
export function shareOf(view: View, replicas: readonly ReplicaLoad[], own: ReplicaLoad): number {
  const size = { packedTokens: 100 };
  const ownMs = view.estimateMs(size, own.name);
  if (ownMs <= 0) {
    return 1;
  }
  const sum = replicas.reduce(
    (total, { name }) => total + ownMs / (view.estimateMs(size, name) || ownMs),
    0,
  );
  return replicas.length / sum;
}
