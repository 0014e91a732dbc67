/** Chooses the candidates of one batch. */

import { at } from '../../base/at.ts';
import type { Selection, WaitingRequest } from './view.ts';

interface FillLimits {
  /** Most buckets in a batch. */
  readonly attentionGroups: number;
  readonly shareTokens: number;
}

/** A batch being filled. */
interface Draft {
  /** Packed tokens that may still be added. */
  room: number;
  readonly buckets: Set<number>;
}

/** How many of a request's candidates fit, from the shortest on. */
interface Fit {
  readonly count: number;
  /** Including the prefix. */
  readonly packedTokens: number;
  /** Those new to the batch. */
  readonly buckets: readonly number[];
}

/**
 * Takes the head's candidates first, then those of other requests in queue order: in a first pass
 * only candidates that add no bucket to the batch, in a second pass the rest. Other requests are
 * taken whole or in parts of at least `shareTokens`.
 */
export function fillBatch<Request extends WaitingRequest>(
  requests: readonly Request[],
  cap: number,
  limits: FillLimits,
): readonly Selection<Request>[] {
  const picks = new Map<Request, Selection<Request>>();
  const draft: Draft = { room: cap, buckets: new Set() };
  for (const mayAddBuckets of [false, true]) {
    for (const request of requests) {
      if (request.waiting.length === 0 || picks.has(request)) {
        continue;
      }
      // The head is always taken: an empty batch would be decided again without end.
      if (picks.size > 0 && draft.room <= 0) {
        break;
      }
      const maxBuckets = mayAddBuckets ? limits.attentionGroups : 0;
      const fit =
        picks.size === 0
          ? fitHead(request, draft)
          : fitOther(request, draft, maxBuckets, limits.shareTokens);
      if (fit.count > 0) {
        picks.set(request, { request, count: fit.count });
        draft.room -= fit.packedTokens;
        fit.buckets.forEach((bucket) => draft.buckets.add(bucket));
      }
    }
  }
  return [...picks.values()];
}

/** At least one candidate even without room: a row longer than the token budget runs alone. */
function fitHead(request: WaitingRequest, draft: Draft): Fit {
  const rowTokens = request.prefixTokens + at(request.waiting, 0).length;
  return fitCandidates(request, Math.max(draft.room, rowTokens), Number.POSITIVE_INFINITY, draft);
}

const nothing: Fit = { count: 0, packedTokens: 0, buckets: [] };

function fitOther(
  request: WaitingRequest,
  draft: Draft,
  maxBuckets: number,
  shareTokens: number,
): Fit {
  const newBuckets = Math.max(0, maxBuckets - draft.buckets.size);
  const fit = fitCandidates(request, draft.room, newBuckets, draft);
  const isLargeEnough = fit.packedTokens - request.prefixTokens >= shareTokens;
  return fit.count === request.waiting.length || isLargeEnough ? fit : nothing;
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

/** Packed tokens that wait, each request's prefix counted once, and the earliest arrival. */
export function surveyQueue(requests: readonly WaitingRequest[]) {
  let packedTokens = 0;
  let oldestAtMs = Number.POSITIVE_INFINITY;
  for (const request of requests) {
    packedTokens += request.prefixTokens + request.waitingTokens;
    oldestAtMs = Math.min(oldestAtMs, request.arrivedAtMs);
  }
  return { packedTokens, oldestAtMs };
}
