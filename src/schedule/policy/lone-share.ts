/** How a request that has the server to itself is divided among the replicas. */

import { segmentSlots } from '../../batch/slots.ts';
import type { BatchSize, ReplicaLoad, ScheduleView, WaitingRequest } from './view.ts';

/**
 * A batch's candidates take at least this many times as long as the batch would without any (the
 * run itself and the prefix): the next request may come while this one runs.
 */
const minWorkRatio = 2;

interface LoneBatch {
  readonly replica: ReplicaLoad;
  readonly head: WaitingRequest;
  readonly nowMs: number;
}

/** A replica as far as its part of one request is concerned. All times from now on. */
interface Helper {
  /** A batch without candidates. */
  readonly emptyMs: number;
  /** When it could begin with the first candidate. */
  readonly startMs: number;
  /** All waiting candidates. */
  readonly workMs: number;
}

/**
 * Packed tokens of the replica's next batch, so that all replicas that help end at the same time:
 * its prefix and the shortest waiting candidates, a whole number of them and at least one. Busy
 * replicas help once they are free. Undefined while costs are unknown.
 *
 * The times are divided as water fills vessels of unequal depth (water-filling, as in power
 * allocation: Cover and Thomas, Elements of Information Theory, section 9.4).
 */
export function shareOfLone(
  view: ScheduleView<WaitingRequest, ReplicaLoad>,
  { replica, head, nowMs }: LoneBatch,
): number | undefined {
  const own = measureHelper(view, head, replica, nowMs);
  const others = view.replicas
    .filter((other) => other !== replica)
    .map((other) => measureHelper(view, head, other, nowMs));
  if ([own, ...others].some(({ workMs }) => !(workMs > 0))) {
    return undefined;
  }
  const endMs = commonEnd(own, others);
  const candidateMs = (length: number) =>
    view.estimateMs(batchOf(head, length, segmentSlots(head.prefixTokens, length)), replica.name) -
    own.emptyMs;
  let leftMs = endMs - own.startMs;
  let tokens = head.prefixTokens;
  for (const [place, { length }] of head.waiting.entries()) {
    const runMs = candidateMs(length);
    if (place > 0 && leftMs < runMs / 2) {
      break;
    }
    leftMs -= runMs;
    tokens += length;
  }
  return tokens;
}

function measureHelper(
  { estimateMs }: ScheduleView<WaitingRequest, ReplicaLoad>,
  head: WaitingRequest,
  { name, batches, freeAtMs }: ReplicaLoad,
  nowMs: number,
): Helper {
  const emptyMs = estimateMs(batchOf(head, 0, 0), name);
  const fullMs = estimateMs(batchOf(head, head.waitingTokens, head.waitingSlots), name);
  const busyMs = batches === 0 ? 0 : Math.max(0, freeAtMs - nowMs);
  return { emptyMs, startMs: busyMs + emptyMs, workMs: fullMs - emptyMs };
}

function batchOf({ prefixTokens }: WaitingRequest, tokens: number, slots: number): BatchSize {
  return { packedTokens: prefixTokens + tokens, slots: segmentSlots(0, prefixTokens) + slots };
}

/** When all who help end, if each does as much as it can until then. */
function commonEnd(own: Helper, others: readonly Helper[]): number {
  let perMs = 1 / own.workMs;
  let before = own.startMs / own.workMs;
  let endMs = (1 + before) / perMs;
  for (const other of others.toSorted((a, b) => a.startMs - b.startMs)) {
    perMs += 1 / other.workMs;
    before += other.startMs / other.workMs;
    const nextMs = (1 + before) / perMs;
    if (nextMs - other.startMs < minWorkRatio * other.emptyMs || nextMs >= endMs) {
      break;
    }
    endMs = nextMs;
  }
  return endMs;
}
