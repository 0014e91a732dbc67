import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import type { BadCandidate } from '../text/encode.ts';

/** What a model said of one candidate. The logits are the fp32 values as they came, so cached = fresh, bit for bit. */
export interface Score {
  readonly yes: number;
  readonly no: number;
  /** Kept tokens of title and text. */
  readonly tokens: number;
  readonly truncated: boolean;
  /** Why there is no score: the logits are 0 then. */
  readonly bad?: BadCandidate;
}

export interface ScoreCacheLimits {
  readonly entries: number;
  /** How long a score is kept; asking for it does not prolong that. */
  readonly ttlMs: number;
}

/**
 * Bytes of one entry with its key and the library's bookkeeping: 231 measured with 200,000 of them on Node 20 (npm run
 * bench:cache), rounded up. Keys are digests, so entries are all of one size, and a bound on entries is a bound on bytes.
 */
export const entryBytes = 240;

/** The least recently used scores give way. Holds digests and numbers, no caller's text. */
export class ScoreCache {
  readonly #scores: LRUCache<string, Score>;
  #hits = 0;
  #misses = 0;

  constructor({ entries, ttlMs }: ScoreCacheLimits, clock: Clock) {
    this.#scores = new LRUCache({
      max: entries,
      ttl: ttlMs,
      // Else the library remembers "now" for a millisecond by a timer of its own.
      ttlResolution: 0,
      perf: { now: () => clock.nowMs() },
    });
  }

  get entries(): number {
    return this.#scores.size;
  }

  get bytes(): number {
    return this.#scores.size * entryBytes;
  }

  /** Look-ups that found a score, and that found none. */
  get hits(): number {
    return this.#hits;
  }

  get misses(): number {
    return this.#misses;
  }

  find(key: string): Score | undefined {
    const score = this.#scores.get(key);
    this.#hits += score === undefined ? 0 : 1;
    this.#misses += score === undefined ? 1 : 0;
    return score;
  }

  keep(key: string, score: Score): void {
    this.#scores.set(key, score);
  }
}
