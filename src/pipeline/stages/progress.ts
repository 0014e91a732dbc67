import { RankError } from '../../base/errors.ts';
import type { Score, ScoresByKey } from '../../cache/score-cache.ts';
import type { Claim, ScoreCall } from '../../cache/score-source.ts';
import type { RankScores, Spent } from '../reply/compose-reply.ts';
import type { EncodedCandidates } from './encode-candidates.ts';
import type { CandidateRun } from './schedule-candidates.ts';

/**
 * The scores of one request so far, and what was spent on them. One run usually gives all missing
 * scores; another is needed when this request waited for the run of another one and that failed.
 */
export class RankProgress implements RankScores {
  readonly scores: Map<string, Score>;
  readonly executed = new Set<string>();
  readonly #keys: readonly string[];
  #rounds = 0;
  /** Whether the deadline has cut the request's own run short. */
  #isCut = false;
  #spent: Spent = {
    prefixTokens: 0,
    packedTokens: 0,
    batches: 0,
    encodeMs: 0,
    queueMs: 0,
    runMs: 0,
  };

  constructor(keys: readonly string[], found: ScoresByKey) {
    this.#keys = [...new Set(keys)];
    this.scores = new Map(found);
  }

  get missing(): readonly string[] {
    return this.#keys.filter((key) => !this.scores.has(key));
  }

  get spent(): Spent {
    return this.#spent;
  }

  /**
   * Whether scores are missing and there is time to get them.
   *
   * @throws RankError when the caller has gone, or the deadline has passed and a partial answer is
   * not wanted.
   */
  needsRound({ signal, deadlineAtMs, partialOk }: ScoreCall, nowMs: number): boolean {
    const missing = this.missing.length;
    if (missing === 0 || this.#isCut) {
      return false;
    }
    if (signal.aborted) {
      throw new RankError('cancelled', 'the caller has gone');
    }
    if (nowMs < deadlineAtMs || partialOk) {
      return nowMs < deadlineAtMs;
    }
    const all = this.#keys.length;
    const rest = this.#rounds === 0 ? '' : '; the rest ran for an equal request';
    throw new RankError(
      'deadline-exceeded',
      `the deadline passed with ${all - missing} of ${all} candidates scored${rest}`,
    );
  }

  addRun({ keys }: Claim, { encodeMs }: EncodedCandidates, run: CandidateRun): void {
    this.#add(run.scores);
    keys.filter((key) => run.scores.has(key)).forEach((key) => this.executed.add(key));
    this.#isCut = run.scores.size < keys.length;
    const before = this.#spent;
    this.#spent = {
      prefixTokens: Math.max(before.prefixTokens, run.prefixTokens),
      packedTokens: before.packedTokens + run.packedTokens,
      batches: before.batches + run.batches,
      encodeMs: before.encodeMs + encodeMs,
      queueMs: before.queueMs + run.queueMs,
      runMs: before.runMs + run.runMs,
    };
  }

  /** Ends a round with the scores that the runs of other requests gave. */
  addFollowed(received: readonly ScoresByKey[]): void {
    this.#rounds += 1;
    received.forEach((scores) => this.#add(scores));
  }

  #add(scores: ScoresByKey): void {
    for (const key of this.missing) {
      const score = scores.get(key);
      if (score !== undefined) {
        this.scores.set(key, score);
      }
    }
  }
}
