import { segmentSlots } from '../../batch/slots.ts';
import { at } from '../../base/at.ts';
import type { Capacity } from './capacity.ts';
import type { WaitingRequest } from './view.ts';

/**
 * Predictions err, so a request is given up only when this share of its predicted time exceeds the
 * time left.
 */
const expiryConfidence = 0.8;

/**
 * When to give up the request: at its deadline, or as soon as its waiting candidates can no longer
 * be scored before it. With `partialOk` it is kept while any candidate is running or one more could
 * still be scored.
 */
export function expiresAtMs(request: WaitingRequest, capacity: Capacity): number {
  const { deadlineAtMs, waiting, running, partialOk } = request;
  if (
    deadlineAtMs === Number.POSITIVE_INFINITY ||
    waiting.length === 0 ||
    (partialOk && running > 0)
  ) {
    return deadlineAtMs;
  }
  const neededMs = partialOk ? candidateMs(request, capacity, 0) : remainingMs(request, capacity);
  return deadlineAtMs - expiryConfidence * neededMs;
}

/**
 * Whether an unexpired request has a waiting candidate that can finish if it starts at `startAtMs`.
 */
export function canFinish(request: WaitingRequest, capacity: Capacity, startAtMs: number): boolean {
  const { waiting, partialOk, deadlineAtMs } = request;
  if (waiting.length === 0) {
    return false;
  }
  return (
    !partialOk || startAtMs + expiryConfidence * candidateMs(request, capacity, 0) <= deadlineAtMs
  );
}

/**
 * The time that all waiting candidates need at least: divided among all replicas, but no less than
 * the longest candidate on the fastest one.
 */
function remainingMs(request: WaitingRequest, capacity: Capacity): number {
  const { prefixTokens, waitingTokens, waitingSlots, waiting } = request;
  const size = { packedTokens: prefixTokens + waitingTokens, slots: waitingSlots };
  return Math.max(candidateMs(request, capacity, waiting.length - 1), capacity.soonestMs(size));
}

/** One waiting candidate alone on the fastest replica. */
function candidateMs(
  { prefixTokens, waiting }: WaitingRequest,
  capacity: Capacity,
  index: number,
): number {
  const { length } = at(waiting, index);
  const packedTokens = prefixTokens + length;
  const slots = segmentSlots(0, prefixTokens) + segmentSlots(prefixTokens, length);
  return capacity.fastestMs({ packedTokens, slots });
}
