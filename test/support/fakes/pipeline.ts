import { createDeferred } from '../../../src/base/deferred.ts';
import { RankError } from '../../../src/base/errors.ts';
import type {
  CallContext,
  Estimate,
  RankingPipeline,
  RankReply,
  RankRequest,
  ReplicaDescription,
} from '../../../src/domain/rank.ts';

/** One rank call as the pipeline saw it, and the ways to end it. */
export interface FakeRank {
  readonly request: RankRequest;
  readonly call: CallContext;
  reply(change?: Partial<RankReply>): void;
  fail(error: Error): void;
}

/**
 * A pipeline whose every step is the test's to take. Ranks by the length of the text unless
 * `holds`; heeds the signal.
 */
export class FakePipeline implements RankingPipeline {
  readonly ranked: FakeRank[] = [];
  /** Keeps rank calls unanswered until the test ends them. */
  holds = false;
  isDrained = false;
  readonly #admitted: Promise<RankReply>[] = [];
  readonly #arrivals: (() => void)[] = [];
  readonly #warm = createDeferred<undefined>();

  rank(request: RankRequest, call: CallContext): Promise<RankReply> {
    const { promise, resolve, reject } = createDeferred<RankReply>();
    this.#admitted.push(promise);
    this.ranked.push({
      request,
      call,
      reply: (change) => resolve({ ...replyTo(request), ...change }),
      fail: reject,
    });
    call.signal.addEventListener('abort', () => reject(new RankError('cancelled', 'aborted')));
    if (!this.holds) {
      resolve(replyTo(request));
    }
    this.#arrivals.splice(0).forEach((arrived) => arrived());
    return promise;
  }

  estimate({ candidates }: RankRequest): Promise<Estimate> {
    const isRefused = candidates.length > 5;
    return Promise.resolve({
      candidates: candidates.length,
      prefixTokens: 5,
      packedTokens: 12,
      queueMs: 1,
      runMs: 2.5,
      totalMs: 3.5,
      refusalReason: isRefused ? 'QUEUE_FULL' : undefined,
    });
  }

  /** Resolves once so many rank calls have come. */
  async arrived(count: number): Promise<void> {
    while (this.ranked.length < count) {
      await new Promise<void>((resolve) => this.#arrivals.push(resolve));
    }
  }

  tokenize(texts: readonly string[]): Promise<readonly Int32Array[]> {
    return Promise.resolve(texts.map((text) => Int32Array.from(Buffer.from(text))));
  }

  replicas() {
    return [replicaDescription({ batches: this.ranked.length })];
  }

  /** Other than the manifest's. */
  buckets(): readonly number[] {
    return [16, 64];
  }

  warm(): Promise<undefined> {
    return this.#warm.promise;
  }

  becomeWarm(): void {
    this.#warm.resolve(undefined);
  }

  failToWarm(error: Error): void {
    this.#warm.reject(error);
  }

  /** As the real one: done when everything admitted is. */
  async drain(): Promise<void> {
    await Promise.allSettled(this.#admitted);
    this.isDrained = true;
  }
}

export function replicaDescription(changed: Partial<ReplicaDescription> = {}): ReplicaDescription {
  return {
    deviceSlot: 'cpu#0',
    phase: 'ready',
    sinceAtMs: 1,
    reason: undefined,
    failures: 0,
    batches: 0,
    running: 0,
    queuedMs: 0,
    ...changed,
  };
}

/** Scores are lengths of texts, best first. */
function replyTo(request: RankRequest): RankReply {
  const results = request.candidates
    .map(({ text }, index) => ({
      index,
      score: text.length,
      logit: text.length,
      tokens: text.length,
      truncated: false,
      scored: true,
      cached: false,
    }))
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .slice(0, request.topN);
  const count = request.candidates.length;
  return {
    results,
    usage: {
      candidates: count,
      scored: count,
      truncated: 0,
      prefixTokens: 5,
      candidateTokens: 7,
      packedTokens: 12,
      batches: 1,
      cached: 0,
      depth: count,
    },
    times: { encodeMs: 1, queueMs: 2, runMs: 3, totalMs: 6 },
    complete: true,
  };
}
