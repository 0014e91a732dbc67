/** Which candidates run next, where, and when: pure, so that it can be replaced, simulated, and tested with tables. */

export interface WaitingCandidate {
  /** Its place in the request. */
  readonly index: number;
  /** Tokens of candidate and suffix. */
  readonly length: number;
  /** The padded length it is grouped under. */
  readonly bucket: number;
}

/** An unanswered request. Some, all, or none of its candidates still wait; the rest are running or scored. */
export interface WaitingRequest {
  readonly deadlineMs: number;
  readonly arrivedMs: number;
  readonly prefixTokens: number;
  /** By ascending bucket, then in the order given. */
  readonly waiting: readonly WaitingCandidate[];
  /** Sum of the waiting candidates' lengths. */
  readonly waitingTokens: number;
}

/** A ready replica and what it holds: the running batch first, then the prepared one. */
export interface ReplicaLoad {
  readonly batches: number;
  readonly packedTokens: number;
}

export interface ScheduleView<Request extends WaitingRequest, Replica extends ReplicaLoad> {
  /** Every unanswered request, earliest deadline first, then by arrival. */
  readonly requests: readonly Request[];
  readonly replicas: readonly Replica[];
}

/** The first `count` of a request's waiting candidates. */
export interface Pick<Request> {
  readonly request: Request;
  readonly count: number;
}

export type Decision<Request, Replica> =
  | { readonly kind: 'expire'; readonly request: Request }
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
  /** Longest a candidate waits for company while a replica is idle. */
  readonly lingerMs: number;
  /** Tile shapes in one batch: company may bring in other buckets up to so many. */
  readonly attentionGroups: number;
  /** Least packed tokens for which a batch of its own on another replica is worth a second prefix. */
  readonly shareTokens: number;
}

/** One running, one prepared. */
const batchesPerReplica = 2;

/** Decides one thing; to be called again, after carrying it out, until it says wait. */
export type Policy = <Request extends WaitingRequest, Replica extends ReplicaLoad>(
  view: ScheduleView<Request, Replica>,
  nowMs: number,
) => Decision<Request, Replica>;

export function createPolicy(limits: PolicyLimits): Policy {
  return (view, nowMs) => {
    const head = view.requests[0];
    const deadlineMs = head?.deadlineMs ?? Number.POSITIVE_INFINITY;
    if (head !== undefined && deadlineMs <= nowMs) {
      return { kind: 'expire', request: head };
    }
    const { packedTokens, oldestMs } = surveyQueue(view.requests);
    const isFull = packedTokens >= limits.tokenBudget;
    const replica = findReplica(view.replicas, isFull);
    if (packedTokens === 0 || replica === undefined) {
      return { kind: 'wait', untilMs: deadlineMs };
    }
    const lingerEndMs = oldestMs + limits.lingerMs;
    if (!isFull && nowMs < lingerEndMs) {
      return { kind: 'wait', untilMs: Math.min(lingerEndMs, deadlineMs) };
    }
    const cap = batchCap(view, packedTokens, limits);
    return { kind: 'dispatch', replica, picks: fillBatch(view.requests, cap, limits) };
  };
}

/** What waits altogether, were each request's prefix computed once. */
function surveyQueue(requests: readonly WaitingRequest[]) {
  let packedTokens = 0;
  let oldestMs = Number.POSITIVE_INFINITY;
  for (const request of requests) {
    if (request.waiting.length > 0) {
      packedTokens += request.prefixTokens + request.waitingTokens;
      oldestMs = Math.min(oldestMs, request.arrivedMs);
    }
  }
  return { packedTokens, oldestMs };
}

/**
 * The replica that holds least. A busy one prepares a batch only when the queue fills it: prepared earlier, it would
 * be shut to those who arrive during the run, and could no longer be expired or go to a replica that falls idle.
 */
function findReplica<Replica extends ReplicaLoad>(
  replicas: readonly Replica[],
  isFull: boolean,
): Replica | undefined {
  const room = isFull ? batchesPerReplica : 1;
  let best: Replica | undefined;
  for (const replica of replicas) {
    if (replica.batches < room && (best === undefined || holdsLess(replica, best))) {
      best = replica;
    }
  }
  return best;
}

function holdsLess(a: ReplicaLoad, b: ReplicaLoad): boolean {
  return a.batches < b.batches || (a.batches === b.batches && a.packedTokens < b.packedTokens);
}

/** Packed tokens this batch may take: with several replicas idle and little waiting, an even share for each. */
function batchCap(
  view: ScheduleView<WaitingRequest, ReplicaLoad>,
  packedTokens: number,
  limits: PolicyLimits,
): number {
  const idle = view.replicas.filter((replica) => replica.batches === 0).length;
  const shares = Math.min(idle, Math.floor(packedTokens / limits.shareTokens));
  if (shares <= 1) {
    return limits.tokenBudget;
  }
  const head = view.requests.find((request) => request.waiting.length > 0);
  const share = Math.ceil(packedTokens / shares) + (head?.prefixTokens ?? 0);
  return Math.min(limits.tokenBudget, share);
}

/** A batch being filled. */
interface Draft {
  /** Packed tokens that may still be added. */
  room: number;
  readonly buckets: Set<number>;
}

/** What may be taken of a request, from the shortest candidate on. */
interface Fit {
  readonly count: number;
  /** The prefix included. */
  readonly packedTokens: number;
  readonly buckets: readonly number[];
}

/**
 * The earliest deadline's candidates first, then company in order of deadline: first what adds no bucket to the
 * batch, then what does. Company is taken whole, or in parts of at least `shareTokens`.
 */
function fillBatch<Request extends WaitingRequest>(
  requests: readonly Request[],
  cap: number,
  limits: PolicyLimits,
): readonly Pick<Request>[] {
  const picks = new Map<Request, Pick<Request>>();
  const draft: Draft = { room: cap, buckets: new Set() };
  for (const mayWiden of [false, true]) {
    for (const request of requests) {
      if (request.waiting.length === 0 || picks.has(request)) {
        continue;
      }
      const fit =
        picks.size === 0
          ? fitHead(request, draft)
          : fitCompany(request, draft, mayWiden ? limits.attentionGroups : 0, limits.shareTokens);
      if (fit.count > 0) {
        picks.set(request, { request, count: fit.count });
        draft.room -= fit.packedTokens;
        fit.buckets.forEach((bucket) => draft.buckets.add(bucket));
      }
    }
  }
  return [...picks.values()];
}

/** At least one candidate, whatever the room: a candidate longer than the budget runs alone. */
function fitHead(request: WaitingRequest, draft: Draft): Fit {
  const least = request.prefixTokens + (request.waiting[0]?.length ?? 0);
  return fitCandidates(request, Math.max(draft.room, least), Number.POSITIVE_INFINITY, draft);
}

const nothing: Fit = { count: 0, packedTokens: 0, buckets: [] };

function fitCompany(
  request: WaitingRequest,
  draft: Draft,
  mostBuckets: number,
  shareTokens: number,
): Fit {
  const newBuckets = Math.max(0, mostBuckets - draft.buckets.size);
  const fit = fitCandidates(request, draft.room, newBuckets, draft);
  const isFairPart = fit.packedTokens - request.prefixTokens >= shareTokens;
  return fit.count === request.waiting.length || isFairPart ? fit : nothing;
}

function fitCandidates(
  request: WaitingRequest,
  room: number,
  newBuckets: number,
  { buckets }: Draft,
): Fit {
  const added: number[] = [];
  let packedTokens = request.prefixTokens;
  let count = 0;
  for (const { bucket, length } of request.waiting) {
    const isNew = bucket !== added.at(-1) && !buckets.has(bucket);
    if (packedTokens + length > room || (isNew && added.length >= newBuckets)) {
      break;
    }
    if (isNew) {
      added.push(bucket);
    }
    packedTokens += length;
    count += 1;
  }
  return { count, packedTokens, buckets: added };
}
