import { createDeferred } from '../../../src/base/deferred.ts';
import { ScoreCache, type ScoresByKey } from '../../../src/cache/score-cache.ts';
import type { Claim, ScoreCall } from '../../../src/cache/score-source.ts';
import { SharedScores } from '../../../src/cache/shared-scores.ts';
import type { EncodedCandidates } from '../../../src/pipeline/stages/encode-candidates.ts';
import { RankProgress } from '../../../src/pipeline/stages/progress.ts';
import { FakeClock, settle } from './clock.ts';

/**
 * The score of each key in these tests: numbers that lose bits if they are converted to anything
 * else.
 */
export function fakeScore(key: string) {
  const code = key.charCodeAt(0);
  return { yes: Math.fround(code / 7), no: Math.fround(-code / 3), tokens: code, truncated: false };
}

/** A run that ends when and as the test says. */
export class SharedRun {
  readonly keys: readonly string[];
  readonly signal: AbortSignal;
  readonly call: ScoreCall;
  isOver = false;
  readonly #outcome = createDeferred<ScoresByKey>();

  constructor(keys: readonly string[], signal: AbortSignal, call: ScoreCall) {
    this.keys = keys;
    this.signal = signal;
    this.call = call;
  }

  get outcome(): Promise<ScoresByKey> {
    return this.#outcome.promise;
  }

  land(keys = this.keys): void {
    this.isOver = true;
    this.#outcome.resolve(new Map(keys.map((key) => [key, fakeScore(key)])));
  }

  fail(): void {
    this.isOver = true;
    this.#outcome.reject(new Error('the run failed'));
  }
}

export type SharedCall = Partial<ScoreCall> & { readonly timeoutMs?: number };

interface SharedParts {
  readonly shared: SharedScores;
  readonly clock: FakeClock;
  readonly runs: SharedRun[];
}

/** The rounds of `Pipeline.rank`, with runs in place of encoding and scheduling. */
async function collect(
  keys: readonly string[],
  call: ScoreCall,
  { shared, clock, runs }: SharedParts,
): Promise<RankProgress> {
  const progress = new RankProgress(keys, shared.lookUp(keys));
  let claim: Claim | undefined;
  try {
    while (progress.needsRound(call, clock.nowMs())) {
      claim = shared.claim(progress.missing, call);
      if (claim.keys.length > 0) {
        const run = new SharedRun(claim.keys, claim.signal, call);
        runs.push(run);
        const scores = await run.outcome;
        claim.publish(scores);
        progress.addRun(claim, nothingEncoded, { ...nothingRun, scores });
      }
      progress.addFollowed(await claim.followed);
    }
    return progress;
  } finally {
    claim?.release();
  }
}

const nothingRun = { prefixTokens: 0, packedTokens: 0, batches: 0, queueMs: 0, runMs: 0 };
const nothingEncoded: EncodedCandidates = {
  kept: [],
  request: { prefix: new Int32Array(), candidates: [] },
  bad: new Map(),
  encodeMs: 0,
};

export function setUpShared({ entries = 100 } = {}) {
  const clock = new FakeClock();
  const shared = new SharedScores(new ScoreCache({ entries, ttlMs: 1_000_000 }, clock), clock);
  const runs: SharedRun[] = [];
  const ask = (keys: readonly string[], { timeoutMs = 1_000, ...changed }: SharedCall = {}) => {
    const call: ScoreCall = {
      deadlineAtMs: clock.nowMs() + timeoutMs,
      signal: new AbortController().signal,
      partialOk: false,
      priority: 'interactive',
      ...changed,
    };
    const answer = collect(keys, call, { shared, clock, runs });
    answer.catch(() => undefined);
    return answer;
  };
  return { clock, shared, runs, ask, settle };
}
