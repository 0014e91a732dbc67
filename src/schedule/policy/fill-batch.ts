import type { Pick, WaitingRequest } from './view.ts';

/** What goes into one batch. */

type FillLimits = Readonly<Record<'attentionGroups' | 'shareTokens', number>>;

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
export function fillBatch<Request extends WaitingRequest>(
  requests: readonly Request[],
  cap: number,
  limits: FillLimits,
): readonly Pick<Request>[] {
  const picks = new Map<Request, Pick<Request>>();
  const draft: Draft = { room: cap, buckets: new Set() };
  for (const mayWiden of [false, true]) {
    for (const request of requests) {
      if (request.waiting.length === 0 || picks.has(request)) {
        continue;
      }
      // Never before the head: a batch of nothing would be decided again and again.
      if (picks.size > 0 && draft.room <= 0) {
        break;
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

/** What waits altogether, were each request's prefix computed once. */
export function surveyQueue(requests: readonly WaitingRequest[]) {
  let packedTokens = 0;
  let oldestMs = Number.POSITIVE_INFINITY;
  for (const request of requests) {
    packedTokens += request.prefixTokens + request.waitingTokens;
    oldestMs = Math.min(oldestMs, request.arrivedMs);
  }
  return { packedTokens, oldestMs };
}
