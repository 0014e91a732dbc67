import { type Landed } from '../../../src/cache/flight.ts';
import { ScoreCache } from '../../../src/cache/score-cache.ts';
import type { Collected, ScoreCall } from '../../../src/cache/score-source.ts';
import { SharedScores } from '../../../src/cache/shared-scores.ts';
import { createDeferred } from '../../../src/base/deferred.ts';
import { FakeClock, settle } from './clock.ts';

/** The score of each key in these tests: bits that a detour through anything but numbers would lose. */
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
  readonly #outcome = createDeferred<Landed>();

  constructor(keys: readonly string[], signal: AbortSignal, call: ScoreCall) {
    this.keys = keys;
    this.signal = signal;
    this.call = call;
  }

  get outcome(): Promise<Landed> {
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

export function setUpShared({ entries = 100 } = {}) {
  const clock = new FakeClock();
  const shared = new SharedScores(new ScoreCache({ entries, ttlMs: 1_000_000 }, clock), clock);
  const runs: SharedRun[] = [];
  const ask = (keys: readonly string[], { timeoutMs = 1_000, ...changed }: SharedCall = {}) => {
    const call: ScoreCall = {
      deadlineMs: clock.nowMs() + timeoutMs,
      signal: new AbortController().signal,
      partialOk: false,
      priority: 'interactive',
      ...changed,
    };
    const answer: Promise<Collected> = shared.collect(
      keys,
      shared.lookUp(keys),
      call,
      (own, signal) => {
        const run = new SharedRun(own, signal, call);
        runs.push(run);
        return run.outcome;
      },
    );
    answer.catch(() => undefined);
    return answer;
  };
  return { clock, shared, runs, ask, settle };
}
