/**
 * Decides which candidates run next, on which replica and when. Pure, so that it can be tested with
 * tables, simulated and replaced.
 */

import { at } from '../../base/at.ts';
import { type Capacity, measureCapacity } from './capacity.ts';
import { canFinish, expiresAtMs } from './expiry.ts';
import { fillBatch, surveyQueue } from './fill-batch.ts';
import { adaptLinger } from './linger.ts';
import { shareOfLone } from './lone-share.ts';
import { capPartial } from './partial-batch.ts';
import { findReplica, relativeSpeed } from './route.ts';
import type { ReplicaLoad, ScheduleView, Selection, WaitingRequest } from './view.ts';

export type Decision<Request, Replica> =
  /** The request's deadline has passed or can no longer be met. */
  | { readonly kind: 'expire'; readonly request: Request }
  /** A deferrable request has waited long enough to count as interactive. */
  | { readonly kind: 'promote'; readonly request: Request }
  | {
      readonly kind: 'dispatch';
      readonly replica: Replica;
      readonly picks: readonly Selection<Request>[];
    }
  /** Nothing to do before this moment unless a request arrives or a batch ends. */
  | { readonly kind: 'wait'; readonly wakeAtMs: number };

export interface PolicyLimits {
  /** Most packed tokens in a batch, each request's prefix counted once. A longer row runs alone. */
  readonly tokenBudget: number;
  /** Longest that a batch waits to be filled while a replica is idle; shorter if little arrives. */
  readonly lingerMs: number;
  /** Tile shapes in one batch, and so the most buckets that further requests may add to it. */
  readonly attentionGroups: number;
  /** Fewest packed tokens for which another replica's batch is worth computing the prefix again. */
  readonly shareTokens: number;
  /** A request is due at most this long after its arrival, however late its deadline is. */
  readonly agingMs: number;
  /** After this long a deferrable request counts as interactive; Infinity for never. */
  readonly deferrableWaitMs: number;
}

export interface Policy {
  readonly limits: PolicyLimits;
  /** Decides one step. Carry it out and call again until the decision is to wait. */
  decide<Request extends WaitingRequest, Replica extends ReplicaLoad>(
    view: ScheduleView<Request, Replica>,
    nowMs: number,
  ): Decision<Request, Replica>;
}

export function createPolicy(limits: PolicyLimits): Policy {
  return {
    limits,
    decide(view, nowMs) {
      const capacity = measureCapacity(view, limits.tokenBudget, nowMs);
      const context = { limits, capacity, nowMs };
      const urgent = decideUrgent(view, context);
      if (urgent.kind !== 'wait') {
        return urgent;
      }
      const decision = decideRun(view, context);
      return decision.kind === 'wait'
        ? { kind: 'wait', wakeAtMs: Math.min(decision.wakeAtMs, urgent.wakeAtMs) }
        : decision;
    },
  };
}

interface Context {
  readonly limits: PolicyLimits;
  readonly capacity: Capacity;
  readonly nowMs: number;
}

/** Expires or promotes a request that is due for it; otherwise waits until the next one is. */
function decideUrgent<Request extends WaitingRequest>(
  { requests, deferrable }: ScheduleView<Request, ReplicaLoad>,
  { limits, capacity, nowMs }: Context,
): Decision<Request, never> {
  let wakeAtMs = Number.POSITIVE_INFINITY;
  for (const request of requests) {
    const expireAtMs = expiresAtMs(request, capacity);
    if (expireAtMs <= nowMs) {
      return { kind: 'expire', request };
    }
    wakeAtMs = Math.min(wakeAtMs, expireAtMs);
  }
  for (const request of deferrable) {
    const expireAtMs = expiresAtMs(request, capacity);
    const promoteAtMs =
      request.isSpareWork === true
        ? Number.POSITIVE_INFINITY
        : request.arrivedAtMs + limits.deferrableWaitMs;
    if (Math.min(expireAtMs, promoteAtMs) <= nowMs) {
      return { kind: expireAtMs <= nowMs ? 'expire' : 'promote', request };
    }
    wakeAtMs = Math.min(wakeAtMs, expireAtMs, promoteAtMs);
  }
  return { kind: 'wait', wakeAtMs };
}

/** A lane whose requests fill the next batch. */
interface Supply<Request> {
  readonly lane: readonly Request[];
  /** Whether these are deferrable requests, which run only while no interactive one waits. */
  readonly isDeferrable: boolean;
  readonly packedTokens: number;
}

function decideRun<Request extends WaitingRequest, Replica extends ReplicaLoad>(
  view: ScheduleView<Request, Replica>,
  context: Context,
): Decision<Request, Replica> {
  const { limits, capacity, nowMs } = context;
  const interactive = view.requests.filter((request) => canFinish(request, capacity, nowMs));
  const isDeferrable = interactive.length === 0;
  const lane = isDeferrable
    ? view.deferrable.filter((request) => canFinish(request, capacity, nowMs))
    : interactive;
  const [head] = lane;
  if (head === undefined) {
    return { kind: 'wait', wakeAtMs: Number.POSITIVE_INFINITY };
  }
  const { packedTokens, oldestAtMs } = surveyQueue(lane);
  const isFull = packedTokens >= limits.tokenBudget;
  const route = findReplica(view, {
    nowMs,
    packedTokens: Math.min(packedTokens, limits.tokenBudget),
    mayPrepare: isFull && !isDeferrable,
    bucket: at(head.waiting, 0).bucket,
  });
  if ('wakeAtMs' in route) {
    return { kind: 'wait', wakeAtMs: route.wakeAtMs };
  }
  const lingerEndAtMs = oldestAtMs + adaptLinger(limits.lingerMs, view.arrivalGapMs);
  if (!isFull && nowMs < lingerEndAtMs) {
    return { kind: 'wait', wakeAtMs: lingerEndAtMs };
  }
  return decideBatch(view, { lane, isDeferrable, packedTokens }, route.replica, context);
}

/** Fills the replica's next batch with requests that can still finish once it is free. */
function decideBatch<Request extends WaitingRequest, Replica extends ReplicaLoad>(
  view: ScheduleView<Request, Replica>,
  { lane, isDeferrable, packedTokens }: Supply<Request>,
  replica: Replica,
  { limits, capacity, nowMs }: Context,
): Decision<Request, Replica> {
  const startAtMs = Math.max(nowMs, replica.freeAtMs);
  const able = lane.filter((request) => canFinish(request, capacity, startAtMs));
  const [head] = able;
  if (head === undefined) {
    return { kind: 'wait', wakeAtMs: startAtMs };
  }
  const leftMs = head.deadlineAtMs - startAtMs;
  const half = Math.ceil(limits.tokenBudget / 2);
  const most = head.isSpareWork === true ? Math.min(half, limits.shareTokens) : half;
  const fullCap = isDeferrable
    ? Math.min(most, replica.tokenCap)
    : batchCap(view, { replica, head, packedTokens, leftMs, nowMs }, limits);
  // A batch cannot be interrupted: one beyond its client's share must not hold up others for long.
  const cap = head.isOverShare ? Math.min(fullCap, half) : fullCap;
  const tokens = head.partialOk
    ? capPartial({ prefixTokens: head.prefixTokens, leftMs, cap }, (packedTokens) =>
        view.estimateMs({ packedTokens }, replica.name),
      )
    : cap;
  return { kind: 'dispatch', replica, picks: fillBatch(able, tokens, limits) };
}

interface NextBatch {
  readonly replica: ReplicaLoad;
  readonly head: WaitingRequest;
  /** Waiting in the head's lane. */
  readonly packedTokens: number;
  /** From the batch's earliest start to the head's deadline. */
  readonly leftMs: number;
  readonly nowMs: number;
}

/**
 * Packed tokens that a batch may hold. A request that no other one can be packed with is divided so
 * that all replicas end with it at once. Else, if several replicas are idle and little waits, each
 * takes a part by its speed. The cap is lowered until the head's deadline can be met, but never
 * below the head itself or half a token budget; with `partialOk` see `capPartial` instead.
 */
function batchCap(
  view: ScheduleView<WaitingRequest, ReplicaLoad>,
  next: NextBatch,
  { tokenBudget, shareTokens }: PolicyLimits,
): number {
  const { replica, head, packedTokens, leftMs } = next;
  const lone = view.requests.length === 1 ? shareOfLone(view, next) : undefined;
  const idle = view.replicas.filter(({ batches }) => batches === 0);
  const shares = Math.min(idle.length, Math.floor(packedTokens / shareTokens));
  const share =
    shares <= 1
      ? tokenBudget
      : Math.ceil((packedTokens / shares) * relativeSpeed(view, idle, replica)) + head.prefixTokens;
  const most = lone ?? Math.max(share, shareTokens);
  const cap = Math.min(tokenBudget, replica.tokenCap, most);
  const runMs = view.estimateMs({ packedTokens: Math.min(cap, packedTokens) }, replica.name);
  const least = Math.max(tokenBudget / 2, head.prefixTokens + head.waitingTokens);
  return runMs > leftMs && !head.partialOk
    ? Math.max((cap * leftMs) / runMs, Math.min(cap, least))
    : cap;
}
