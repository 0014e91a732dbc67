import type { WaitingRequest, ReplicaLoad, ScheduleView, Pick } from './view.ts';
import { lateMs, mayStart } from './expiry.ts';
import { fillBatch, surveyQueue } from './fill-batch.ts';
import { adaptLinger } from './linger.ts';
import { capPartial } from './partial-batch.ts';
import { findReplica, shareOf } from './route.ts';
import { type Power, measurePower } from './capacity.ts';

export type Decision<Request, Replica> =
  /** Its deadline has passed, or can no longer be met. */
  | { readonly kind: 'expire'; readonly request: Request }
  /** A deferrable request that has waited long enough to count as interactive. */
  | { readonly kind: 'promote'; readonly request: Request }
  | {
      readonly kind: 'dispatch';
      readonly replica: Replica;
      readonly picks: readonly Pick<Request>[];
    }
  /** Nothing to do before this moment unless something arrives or finishes. */
  | { readonly kind: 'wait'; readonly untilMs: number };

export interface PolicyLimits {
  /** Most packed tokens in one batch, each request's prefix counted once. A longer candidate runs alone. */
  readonly tokenBudget: number;
  /** Longest a candidate waits for company while a replica is idle; less when little arrives. */
  readonly lingerMs: number;
  /** Tile shapes in one batch: company may bring in other buckets up to so many. */
  readonly attentionGroups: number;
  /** Least packed tokens for which a batch of its own on another replica is worth a second prefix. */
  readonly shareTokens: number;
  /** A request takes its turn as if it were due at most so long after its arrival, whatever its deadline. */
  readonly agingMs: number;
  /** A deferrable request counts as interactive after so long; Infinity: never. */
  readonly deferrableWaitMs: number;
}

export interface Policy {
  readonly limits: PolicyLimits;
  /** Decides one thing; to be called again, after carrying it out, until it says wait. */
  decide<Request extends WaitingRequest, Replica extends ReplicaLoad>(
    view: ScheduleView<Request, Replica>,
    nowMs: number,
  ): Decision<Request, Replica>;
}

export function createPolicy(limits: PolicyLimits): Policy {
  return {
    limits,
    decide(view, nowMs) {
      const power = measurePower(view, limits.tokenBudget, nowMs);
      const urgent = findUrgent(view, { limits, power, nowMs });
      if ('kind' in urgent) {
        return urgent;
      }
      const decision = decideRun(view, { limits, power, nowMs });
      return decision.kind === 'wait'
        ? { kind: 'wait', untilMs: Math.min(decision.untilMs, urgent.nextMs) }
        : decision;
    },
  };
}

interface Moment {
  readonly limits: PolicyLimits;
  readonly power: Power;
  readonly nowMs: number;
}

function decideRun<Request extends WaitingRequest, Replica extends ReplicaLoad>(
  view: ScheduleView<Request, Replica>,
  moment: Moment,
): Decision<Request, Replica> {
  const { limits, nowMs } = moment;
  const interactive = view.requests.filter((request) => mayStart(request, moment.power, nowMs));
  const isSpare = interactive.length === 0;
  const lane = isSpare
    ? view.deferrable.filter((request) => mayStart(request, moment.power, nowMs))
    : interactive;
  const [head] = lane;
  if (head === undefined) {
    return { kind: 'wait', untilMs: Number.POSITIVE_INFINITY };
  }
  const { packedTokens, oldestMs } = surveyQueue(lane);
  const isFull = packedTokens >= limits.tokenBudget;
  const found = findReplica(view, {
    ...{ nowMs, packedTokens: Math.min(packedTokens, limits.tokenBudget) },
    mayPrepare: isFull && !isSpare,
    bucket: head.waiting[0]?.bucket ?? 0,
  });
  if ('untilMs' in found) {
    return { kind: 'wait', untilMs: found.untilMs };
  }
  const lingerEndMs = oldestMs + adaptLinger(limits.lingerMs, view.arrivalGapMs);
  if (!isFull && nowMs < lingerEndMs) {
    return { kind: 'wait', untilMs: lingerEndMs };
  }
  return decideBatch(view, { ...moment, lane, isSpare, replica: found.replica, packedTokens });
}

interface Turn<Request, Replica> extends Moment {
  readonly lane: readonly Request[];
  readonly isSpare: boolean;
  readonly replica: Replica;
  readonly packedTokens: number;
}

/** What a replica takes next: a busy one nothing that could no longer end in time once it is free. */
function decideBatch<Request extends WaitingRequest, Replica extends ReplicaLoad>(
  view: ScheduleView<Request, Replica>,
  { lane, isSpare, replica, packedTokens, ...moment }: Turn<Request, Replica>,
): Decision<Request, Replica> {
  const { limits, power, nowMs } = moment;
  const startMs = Math.max(nowMs, replica.busyUntilMs);
  const able = lane.filter((request) => mayStart(request, power, startMs));
  const [head] = able;
  if (head === undefined) {
    return { kind: 'wait', untilMs: startMs };
  }
  const half = Math.ceil(limits.tokenBudget / 2);
  const cap = isSpare
    ? Math.min(half, replica.tokenCap)
    : batchCap(view, { replica, head, packedTokens, ...moment });
  // A batch cannot be interrupted: what runs beyond a client's share is not to hold up others for long.
  const fairCap = head.standsBack ? Math.min(cap, half) : cap;
  const mayTake = head.partialOk
    ? capPartial(head, { leftMs: head.deadlineMs - startMs, cap: fairCap }, (tokens) =>
        view.estimateMs({ packedTokens: tokens }, replica.name),
      )
    : fairCap;
  return { kind: 'dispatch', replica, picks: fillBatch(able, mayTake, limits) };
}

/** What is late or to be promoted now; or else the next moment at which something will be. */
function findUrgent<Request extends WaitingRequest>(
  { requests, deferrable }: ScheduleView<Request, ReplicaLoad>,
  { limits, power, nowMs }: Moment,
): Exclude<Decision<Request, never>, { kind: 'wait' }> | { readonly nextMs: number } {
  let nextMs = Number.POSITIVE_INFINITY;
  for (const request of requests) {
    const dueMs = lateMs(request, power);
    if (dueMs <= nowMs) {
      return { kind: 'expire', request };
    }
    nextMs = Math.min(nextMs, dueMs);
  }
  for (const request of deferrable) {
    const dueMs = lateMs(request, power);
    const promoteMs = request.arrivedMs + limits.deferrableWaitMs;
    if (Math.min(dueMs, promoteMs) <= nowMs) {
      return { kind: dueMs <= nowMs ? 'expire' : 'promote', request };
    }
    nextMs = Math.min(nextMs, dueMs, promoteMs);
  }
  return { nextMs };
}

interface Due extends Moment {
  readonly replica: ReplicaLoad;
  readonly head: WaitingRequest;
  readonly packedTokens: number;
}

/**
 * Packed tokens this batch may take: with several replicas idle and little waiting, each a share by its speed; and no
 * more than lets the head's deadline be met, down to the head itself and half a budget. With partialOk see `capPartial`.
 */
function batchCap(
  view: ScheduleView<WaitingRequest, ReplicaLoad>,
  { replica, head, packedTokens, limits, nowMs }: Due,
): number {
  const { tokenBudget, shareTokens } = limits;
  const idle = view.replicas.filter(({ batches }) => batches === 0);
  const shares = Math.min(idle.length, Math.floor(packedTokens / shareTokens));
  const share =
    shares <= 1
      ? tokenBudget
      : Math.ceil((packedTokens / shares) * shareOf(view, idle, replica)) + head.prefixTokens;
  const cap = Math.min(tokenBudget, replica.tokenCap, Math.max(share, shareTokens));
  const runMs = view.estimateMs({ packedTokens: Math.min(cap, packedTokens) }, replica.name);
  const leftMs = head.deadlineMs - Math.max(nowMs, replica.busyUntilMs);
  const least = Math.max(tokenBudget / 2, head.prefixTokens + head.waitingTokens);
  return runMs > leftMs && !head.partialOk
    ? Math.max((cap * leftMs) / runMs, Math.min(cap, least))
    : cap;
}
