import type { Clock } from '../base/clock.ts';
import { RankError } from '../base/errors.ts';
import { packedTokens } from '../batch/pack/pack-batch.ts';
import type { BatchOutcome, BatchPart, BatchRunner, PackedBatch } from '../batch/packed-batch.ts';
import { paddedSlots, realSlots } from '../batch/slots.ts';
import type { Tell } from '../domain/events.ts';
import type { CostModel } from './costs/cost.ts';
import type { HeldReplica } from './held-replica.ts';
import type { RequestPart } from './queue/request.ts';

export interface RunOptions {
  readonly pack: (parts: readonly BatchPart[]) => PackedBatch;
  /** Called when a batch of `pack` has ended. */
  readonly onOutcome?: (batch: PackedBatch, outcome: BatchOutcome) => void;
  readonly cost: CostModel;
  readonly clock: Clock;
  readonly tell?: Tell;
}

type BatchFailure = Extract<BatchOutcome, { ok: false }>;

/**
 * Packs the parts and runs them on the replica, and records the batch: in the replica's load, the
 * cost model and the events. Never rejects; parts that cannot be packed are an outcome too.
 */
export async function runBatch(
  replica: HeldReplica,
  parts: readonly RequestPart[],
  options: RunOptions,
): Promise<BatchOutcome> {
  const { cost, clock, tell } = options;
  const packed = tryPack(parts, options);
  const slots = 'groups' in packed ? paddedSlots(packed) : 0;
  const size = { packedTokens: packedTokens(parts), slots };
  const predictedMs = cost.estimateMs(size, replica.name);
  const held = { packedTokens: size.packedTokens, predictedMs };
  const isFirst = replica.batches === 0;
  const dispatchedAtMs = clock.nowMs();
  replica.begin(held, dispatchedAtMs);
  replica.lastBucket = parts[0]?.candidates[0]?.bucket ?? 0;
  const outcome = 'groups' in packed ? await runSafely(replica.runner, packed, options) : packed;
  const endedAtMs = clock.nowMs();
  replica.end(held, endedAtMs);
  if (!outcome.ok) {
    tell?.({ kind: 'batch-failed', replica: replica.name, reason: outcome.message });
    return outcome;
  }
  const { runMs } = outcome;
  const handoverMs = isFirst ? Math.max(0, endedAtMs - dispatchedAtMs - runMs) : undefined;
  cost.observe({ replica: replica.name, ...size, runMs, handoverMs });
  tell?.({
    kind: 'batch',
    replica: replica.name,
    ...held,
    runMs,
    isSpareWork: parts.every(({ request }) => request.isSpareWork),
    ...countCandidates(parts),
    realSlots: realSlots(parts),
    paddedSlots: slots,
  });
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

function tryPack(parts: readonly RequestPart[], { pack }: RunOptions): PackedBatch | BatchFailure {
  try {
    return pack(parts);
  } catch (error) {
    return internal(error);
  }
}

async function runSafely(
  runner: BatchRunner,
  batch: PackedBatch,
  { onOutcome }: RunOptions,
): Promise<BatchOutcome> {
  const outcome = await settle(() => runner.run(batch));
  onOutcome?.(batch, outcome);
  return outcome;
}

async function settle(run: () => Promise<BatchOutcome>): Promise<BatchOutcome> {
  try {
    return await run();
  } catch (error) {
    return internal(error);
  }
}

function internal(error: unknown): BatchFailure {
  return { ok: false, kind: 'internal', message: RankError.from(error).message };
}

/** Passes a batch's outcome to one part's request. The part's logits begin at `start`. */
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
