import { LRUCache } from 'lru-cache';
import type { Clock } from '../base/clock.ts';
import type { BadCandidate } from '../domain/rank.ts';

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
 * Bytes of one entry with its key and the library's bookkeeping, in use: measured with 200,000 of them that were turned
 * over (npm run bench:cache, Node 20). The process holds up to 420 for each, since the heap keeps room for what it has
 * not collected. Keys are digests, so entries are all of one size, and a bound on entries is a bound on bytes.
 */
export const entryBytes = 180;

/**
 * The least recently used scores give way. Holds digests and numbers, no caller's text. The numbers lie in arrays beside
 * the library's map, which then holds no objects: they would be half of its memory, and more of the collector's work.
 */
export class ScoreCache {
  /** Where each score's numbers are. */
  readonly #places: LRUCache<string, number>;
  /** [entries + 1, 2]: yes and no. One more than there may be: a new score is there before the one that gives way goes. */
  readonly #logits: Float32Array;
  /** [entries + 1]: tokens, and whether they were truncated in the lowest bit. */
  readonly #lengths: Uint32Array;
  /** Those of a place that has no score but a reason for that: few. */
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
      // Else the library remembers "now" for a millisecond by a timer of its own.
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

  /** Look-ups that found a score, and that found none. */
  get hits(): number {
    return this.#hits;
  }

  get misses(): number {
    return this.#misses;
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
    const [yes = Number.NaN, no = Number.NaN] = [
      this.#logits[2 * place],
      this.#logits[2 * place + 1],
    ];
    const length = this.#lengths[place] ?? 0;
    const bad = this.#bad.get(place);
    const score = { yes, no, tokens: length >>> 1, truncated: length % 2 === 1 };
    return bad === undefined ? score : { ...score, bad };
  }
}
