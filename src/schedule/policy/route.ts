import type { ReplicaView } from './capacity.ts';
import type { ReplicaLoad, ScheduleView, WaitingRequest } from './view.ts';

/** Where work goes: by queued cost in milliseconds, then by bucket. */

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
export function shareOf(
  view: ReplicaView,
  replicas: readonly ReplicaLoad[],
  own: ReplicaLoad,
): number {
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
