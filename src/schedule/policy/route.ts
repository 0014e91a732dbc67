/** Chooses a replica: by predicted finish, then by bucket. */

import type { ReplicaView } from './capacity.ts';
import type { ReplicaLoad, ScheduleView, WaitingRequest } from './view.ts';

/** One running and one prepared. */
const batchesPerReplica = 2;
/** Finishes that differ by less than this share count as equal: predictions are no better. */
const finishTieTolerance = 0.05;

interface RouteQuery {
  readonly nowMs: number;
  readonly packedTokens: number;
  readonly bucket: number;
  /** Whether the queue fills a batch, so that one may be prepared for a busy replica. */
  readonly mayPrepare: boolean;
}

/**
 * The replica with room that would finish the batch first; on a tie, one whose last batch was of
 * the same bucket. If there is none, when a batch may be prepared for a busy one.
 *
 * A batch is prepared only shortly before the replica becomes idle: earlier, it would be closed to
 * requests that arrive during the run, and could neither expire nor move to another replica.
 */
export function findReplica<Request extends WaitingRequest, Replica extends ReplicaLoad>(
  { replicas, estimateMs }: ScheduleView<Request, Replica>,
  { nowMs, packedTokens, bucket, mayPrepare }: RouteQuery,
): { readonly replica: Replica } | { readonly wakeAtMs: number } {
  let wakeAtMs = Number.POSITIVE_INFINITY;
  let best: Ranked<Replica> | undefined;
  for (const replica of replicas) {
    if (replica.batches >= (mayPrepare ? batchesPerReplica : 1)) {
      continue;
    }
    const runMs = estimateMs({ packedTokens }, replica.name);
    const isIdle = replica.batches === 0;
    const prepareAtMs = isIdle ? nowMs : replica.freeAtMs - prepareMs(runMs);
    if (prepareAtMs > nowMs) {
      wakeAtMs = Math.min(wakeAtMs, prepareAtMs);
      continue;
    }
    const startAtMs = isIdle ? nowMs : Math.max(nowMs, replica.freeAtMs);
    const ranked = { replica, finishMs: startAtMs + runMs - nowMs, bucket };
    best = best === undefined || isBetter(ranked, best) ? ranked : best;
  }
  return best === undefined ? { wakeAtMs } : { replica: best.replica };
}

/** Enough to pack and hand over a batch, and for the prediction's error. */
function prepareMs(runMs: number): number {
  return 10 + runMs / 20;
}

interface Ranked<Replica> {
  readonly replica: Replica;
  /** From now to the predicted end of the batch. */
  readonly finishMs: number;
  readonly bucket: number;
}

function isBetter(a: Ranked<ReplicaLoad>, b: Ranked<ReplicaLoad>): boolean {
  if (a.replica.batches !== b.replica.batches) {
    return a.replica.batches < b.replica.batches;
  }
  const toleranceMs = finishTieTolerance * Math.max(a.finishMs, b.finishMs);
  if (Math.abs(a.finishMs - b.finishMs) > toleranceMs) {
    return a.finishMs < b.finishMs;
  }
  const affinity =
    Number(a.replica.lastBucket === a.bucket) - Number(b.replica.lastBucket === b.bucket);
  return affinity === 0 ? a.replica.packedTokens < b.replica.packedTokens : affinity > 0;
}

/**
 * A replica's speed over the mean speed of `replicas`: its part of work that is divided by speed.
 */
export function relativeSpeed(
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
