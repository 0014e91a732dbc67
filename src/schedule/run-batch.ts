import type { Clock } from '../base/clock.ts';
import { RankError } from '../base/errors.ts';
import type { Tell } from '../domain/events.ts';
import type { BatchOutcome, BatchPart, BatchRunner, PackedBatch } from '../batch/packed-batch.ts';
import type { CostModel } from './costs/cost.ts';
import type { HeldReplica } from './held-replica.ts';
import { packedTokens, paddedSlots, realSlots } from '../batch/pack-batch.ts';
import type { RequestPart } from './queue/request.ts';

export interface RunOptions {
  readonly pack: (parts: readonly BatchPart[]) => PackedBatch;
  readonly cost: CostModel;
  readonly clock: Clock;
  readonly tell?: Tell;
}

/**
 * Packs the parts, runs them on the replica, and keeps the books: what the replica holds, what runs cost, what is told.
 * Resolves always; what cannot be packed is an outcome too.
 */
export async function runBatch(
  replica: HeldReplica,
  parts: readonly RequestPart[],
  options: RunOptions,
): Promise<BatchOutcome> {
  const tokens = packedTokens(parts);
  const packed = tryPack(parts, options);
  const slots = 'groups' in packed ? paddedSlots(packed) : 0;
  const size = { packedTokens: tokens, slots };
  const predictedMs = options.cost.estimateMs(size, replica.name);
  const held = { packedTokens: tokens, predictedMs };
  const isFirst = replica.batches === 0;
  const beganMs = options.clock.nowMs();
  replica.begin(held, beganMs);
  replica.lastBucket = parts[0]?.candidates[0]?.bucket ?? 0;
  const outcome = 'groups' in packed ? await runSafely(replica.runner, packed) : packed;
  const endedMs = options.clock.nowMs();
  replica.end(held, endedMs);
  if (outcome.ok) {
    const { runMs } = outcome;
    const handoverMs = isFirst ? Math.max(0, endedMs - beganMs - runMs) : undefined;
    options.cost.observe({ replica: replica.name, ...size, runMs, handoverMs });
    options.tell?.({
      ...{ kind: 'batch', replica: replica.name, packedTokens: tokens, predictedMs, runMs },
      ...countCandidates(parts),
      realSlots: realSlots(parts),
      paddedSlots: slots,
    });
  } else {
    options.tell?.({ kind: 'batch-failed', replica: replica.name, reason: outcome.message });
  }
  return outcome;
}

function countCandidates(parts: readonly RequestPart[]) {
  let candidates = 0;
  let bucket = 0;
  for (const part of parts) {
    candidates += part.candidates.length;
    part.candidates.forEach((one) => (bucket = Math.max(bucket, one.bucket)));
  }
  return { candidates, bucket };
}

function tryPack(
  parts: readonly RequestPart[],
  { pack }: RunOptions,
): PackedBatch | Extract<BatchOutcome, { ok: false }> {
  try {
    return pack(parts);
  } catch (error) {
    return internal(error);
  }
}

async function runSafely(runner: BatchRunner, batch: PackedBatch): Promise<BatchOutcome> {
  try {
    return await runner.run(batch);
  } catch (error) {
    return internal(error);
  }
}

function internal(error: unknown): Extract<BatchOutcome, { ok: false }> {
  return { ok: false, kind: 'internal', message: RankError.from(error).message };
}

/** `start` is where the part's logits begin in the batch's. */
export function concludePart(
  part: RequestPart,
  outcome: BatchOutcome,
  start: number,
  nowMs: number,
): void {
  if (outcome.ok) {
    const end = start + 2 * part.candidates.length;
    part.request.score(part, outcome.logits.subarray(start, end), nowMs);
  } else if (outcome.kind === 'replica-failed') {
    part.request.retry(part, outcome.message);
  } else {
    part.request.fail(new RankError('internal', outcome.message));
  }
}
