import { createHmac } from 'node:crypto';
import { at } from '../../base/at.ts';
import { type Clock, systemClock } from '../../base/clock.ts';
import { Seal, sealBytes } from '../../valkey/seal.ts';
import type { Valkey } from '../../valkey/valkey.ts';
import type { Score, ScoresByKey } from '../score-cache.ts';
import type { ScoreCall } from '../score-source.ts';
import type { Fleet } from '../shared-scores.ts';
import { decodeScore, encodeScore, scoreBytes } from './score-bytes.ts';
import { WriteBatches } from './write-batches.ts';

export interface FleetOptions {
  readonly valkey: Pick<Valkey, 'get' | 'set' | 'mayAnswer'>;
  /** The same on all servers of the fleet. */
  readonly secret: string;
  readonly ttlMs: number;
  /** Longest time that a request waits. */
  readonly timeoutMs: number;
  readonly clock?: Clock;
  /** Hears of values that were not used, at most once a minute. */
  readonly onBad?: (since: number) => void;
}

export interface FleetCounts {
  /** Of the keys that were asked for and answered. */
  readonly hits: number;
  readonly misses: number;
  /** Values that no holder of the secret has written for their key. */
  readonly bad: number;
  readonly written: number;
  readonly dropped: number;
}

/** The version of the format is part of the name. */
const prefix = 'slmrank:score1:';
/** A request waits at most this share of the time that it has left. */
const deadlineShare = 0.1;
const leastWaitMs = 1;
const badPauseMs = 60_000;

/**
 * The scores that the servers of a fleet share on a Valkey server, which may lie: a value counts
 * only if a holder of the secret has sealed it for its key. A value of Valkey thus costs a hit, and
 * never gives a wrong score.
 */
export class FleetScores implements Fleet {
  readonly salt: string;
  readonly #options: FleetOptions;
  readonly #clock: Clock;
  readonly #seal: Seal;
  readonly #writes: WriteBatches;
  #hits = 0;
  #misses = 0;
  #bad = 0;
  #untoldBad = 0;
  #toldAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: FleetOptions) {
    const { secret, valkey, ttlMs, clock = systemClock } = options;
    this.#options = options;
    this.#clock = clock;
    this.salt = createHmac('sha256', secret).update('score keys').digest('base64url');
    this.#seal = new Seal(secret, 'scores');
    this.#writes = new WriteBatches(valkey, ttlMs, clock);
  }

  get counts(): FleetCounts {
    const { written, dropped } = this.#writes;
    return { hits: this.#hits, misses: this.#misses, bad: this.#bad, written, dropped };
  }

  /** Takes a tenth of the call's time at most. */
  find(keys: readonly string[], { deadlineAtMs }: ScoreCall): Promise<ScoresByKey> | undefined {
    const leftMs = deadlineAtMs - this.#clock.nowMs();
    const timeoutMs = Math.min(this.#options.timeoutMs, deadlineShare * leftMs);
    return this.#options.valkey.mayAnswer && timeoutMs >= leastWaitMs
      ? this.#ask(keys, timeoutMs)
      : undefined;
  }

  publish(scores: ScoresByKey): void {
    if (!this.#options.valkey.mayAnswer) {
      return;
    }
    const sound = [...scores].filter(([, score]) => score.bad === undefined);
    this.#writes.add(
      sound.map(([key, score]) => {
        const name = nameOf(key);
        return { key: name, value: this.#seal.seal(name, encodeScore(score)) };
      }),
    );
  }

  async #ask(keys: readonly string[], timeoutMs: number): Promise<ScoresByKey> {
    const names = keys.map(nameOf);
    const mostBytes = sealBytes + scoreBytes;
    const values = await this.#options.valkey.get(names, { mostBytes, timeoutMs });
    const found = new Map<string, Score>();
    // Of another length only if the server lies.
    if (values?.length !== keys.length) {
      return found;
    }
    let missing = 0;
    values.forEach((value, place) => {
      const score = value === null ? undefined : this.#open(at(names, place), value);
      missing += value === null ? 1 : 0;
      if (score !== undefined) {
        found.set(at(keys, place), score);
      }
    });
    this.#hits += found.size;
    this.#misses += missing;
    this.#countBad(values.length - missing - found.size);
    return found;
  }

  #open(name: string, value: Buffer): Score | undefined {
    const bytes = Buffer.isBuffer(value) ? this.#seal.open(name, value) : undefined;
    return bytes === undefined ? undefined : decodeScore(bytes);
  }

  #countBad(count: number): void {
    this.#bad += count;
    this.#untoldBad += count;
    const nowMs = this.#clock.nowMs();
    if (this.#untoldBad > 0 && nowMs >= this.#toldAtMs + badPauseMs) {
      this.#options.onBad?.(this.#untoldBad);
      this.#untoldBad = 0;
      this.#toldAtMs = nowMs;
    }
  }
}

function nameOf(key: string): string {
  return prefix + Buffer.from(key, 'latin1').toString('base64url');
}
