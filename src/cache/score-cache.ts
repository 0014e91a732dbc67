import { LRUCache } from 'lru-cache';
import { at } from '../base/at.ts';
import type { Clock } from '../base/clock.ts';
import type { BadCandidate } from '../domain/rank.ts';

/**
 * A model's score of one candidate. The logits are the fp32 values that the model gave, so that
 * cached and fresh scores are equal bit for bit.
 */
export interface Score {
  readonly yes: number;
  readonly no: number;
  /** Of title and text, after truncation. */
  readonly tokens: number;
  readonly truncated: boolean;
  /** Why the candidate cannot be scored; the logits are 0 then. */
  readonly bad?: BadCandidate;
}

/** See `scoreKeys`. */
export type ScoresByKey = ReadonlyMap<string, Score>;

export interface ScoreCacheLimits {
  readonly entries: number;
  /** How long a score is kept. A hit does not prolong it. */
  readonly ttlMs: number;
}

/**
 * Bytes in use for one entry, its key and the library's bookkeeping included: measured with 200,000
 * entries that had all been replaced (npm run bench:cache, Node 20). The process may hold up to 420
 * bytes an entry, because the heap keeps garbage that is not collected yet. Keys are digests, so
 * all entries have one size, and a limit on entries is a limit on bytes.
 */
export const entryBytes = 180;

/**
 * Evicts the least recently used scores. It stores digests and numbers, no client's text. The
 * numbers are in typed arrays beside the library's map: as objects in the map they would double its
 * memory and keep the garbage collector busy.
 */
export class ScoreCache {
  /** Index of each score in the arrays below. */
  readonly #places: LRUCache<string, number>;
  /**
   * Yes and no, [entries + 1, 2]. One spare row: a new score is written before the oldest is
   * evicted.
   */
  readonly #logits: Float32Array;
  /** [entries + 1]. The tokens; the lowest bit says whether they were truncated. */
  readonly #lengths: Uint32Array;
  /** For the few entries that have a reason in place of a score. */
  readonly #bad = new Map<number, BadCandidate>();
  readonly #free: number[] = [];
  #used = 0;
  #hits = 0;
  #misses = 0;

  constructor({ entries, ttlMs }: ScoreCacheLimits, clock: Clock) {
    this.#logits = new Float32Array(2 * (entries + 1));
    this.#lengths = new Uint32Array(entries + 1);
    this.#places = new LRUCache({
      max: entries,
      ttl: ttlMs,
      dispose: (place) => {
        this.#free.push(place);
        this.#bad.delete(place);
      },
      // Otherwise the library caches the time for a millisecond, with a timer of its own.
      ttlResolution: 0,
      perf: { now: () => clock.nowMs() },
    });
  }

  get entries(): number {
    return this.#places.size;
  }

  get bytes(): number {
    return this.#places.size * entryBytes;
  }

  /** Look-ups since the start. */
  get hits(): number {
    return this.#hits;
  }

  get misses(): number {
    return this.#misses;
  }

  /** Whether there is a score; not counted as a look-up. */
  has(key: string): boolean {
    return this.#places.has(key);
  }

  find(key: string): Score | undefined {
    const place = this.#places.get(key);
    this.#hits += place === undefined ? 0 : 1;
    this.#misses += place === undefined ? 1 : 0;
    return place === undefined ? undefined : this.#read(place);
  }

  keep(key: string, { yes, no, tokens, truncated, bad }: Score): void {
    const place = this.#free.pop() ?? this.#used++;
    this.#logits[2 * place] = yes;
    this.#logits[2 * place + 1] = no;
    this.#lengths[place] = 2 * tokens + (truncated ? 1 : 0);
    if (bad !== undefined) {
      this.#bad.set(place, bad);
    }
    this.#places.set(key, place);
  }

  #read(place: number): Score {
    const length = at(this.#lengths, place);
    const bad = this.#bad.get(place);
    const score = {
      yes: at(this.#logits, 2 * place),
      no: at(this.#logits, 2 * place + 1),
      tokens: length >>> 1,
      truncated: length % 2 === 1,
    };
    return bad === undefined ? score : { ...score, bad };
  }
}
