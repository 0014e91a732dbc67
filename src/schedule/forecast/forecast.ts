import type { PriorityClass } from '../../domain/events.ts';
import { type Power, spread } from '../policy/capacity.ts';

/** When a request would end, were it to come now. */

/** How much of a request has to run. */
export interface Size {
  readonly candidates: number;
  readonly packedTokens: number;
  /** Of those, the prefix; 0 when it is not known. */
  readonly prefixTokens?: number | undefined;
}

/** A request that asks, or is about to enter the queue. */
export interface Ask extends Size {
  /** Absolute; Infinity when there is none. */
  readonly deadlineMs: number;
  readonly partialOk: boolean;
  readonly client: string;
  readonly priority: PriorityClass;
  /** Admitted before it and not in the queue yet: being encoded. */
  readonly unscheduledTokens?: number;
}

export interface Forecast {
  /** Until its first candidate runs. */
  readonly queueMs: number;
  readonly runMs: number;
  /** Whether it would end in time: all of it, or with partialOk any of it. */
  readonly inTime: boolean;
}

/** The replicas as a forecast sees them. */
export interface Capacity {
  /** Added to the end of what has work before it: by how much such requests end later than forecast. */
  readonly marginMs: number;
  /** Milliseconds until each replica has ended what it holds, ascending. */
  readonly busyMs: readonly number[];
  readonly power: Power;
  readonly tokenBudget: number;
  readonly shareTokens: number;
}

/** `aheadTokens` wait and go before it; what comes after it counts for nothing. */
export function forecast(
  ask: Pick<Ask, 'candidates' | 'packedTokens' | 'deadlineMs' | 'partialOk'>,
  aheadTokens: number,
  { busyMs, power, tokenBudget, shareTokens, marginMs }: Capacity,
  nowMs: number,
): Forecast {
  const work = (packedTokens: number) => {
    const batches = Math.max(1, Math.ceil(packedTokens / tokenBudget));
    return batches * power.togetherMs({ packedTokens: packedTokens / batches });
  };
  const { packedTokens, candidates } = ask;
  const queueMs = spread(busyMs, aheadTokens > 0 ? work(aheadTokens) : 0);
  const shares = Math.min(busyMs.length, Math.floor(packedTokens / shareTokens));
  // In company, a batch is filled up: it runs for as long as a full one.
  const ownTokens = packedTokens / Math.max(1, shares);
  const batchTokens = aheadTokens > 0 ? Math.max(ownTokens, tokenBudget / 2) : ownTokens;
  const batchMs = power.fastestMs({ packedTokens: Math.min(batchTokens, tokenBudget) });
  const late = queueMs > 0 ? marginMs : 0;
  const endMs = Math.max(queueMs + batchMs, spread(busyMs, work(aheadTokens + packedTokens)));
  const leastMs = ask.partialOk
    ? queueMs + power.fastestMs({ packedTokens: packedTokens / Math.max(1, candidates) })
    : endMs + late;
  return { queueMs, runMs: endMs - queueMs, inTime: nowMs + leastMs <= ask.deadlineMs };
}

/** Weight of the newest error: about the last twenty count. */
const newest = 0.05;
/** What the prior loses in a batch's time in which it alone has refused somebody while nobody waits. */
const doubted = 0.2;

/**
 * How much later requests end than forecast, as TCP watches its round trips (RFC 6298): the mean and twice the mean
 * deviation. What is not learnt yet is taken for a batch's time, since requests wait for batches: without such a prior
 * the first spike of a server's life is let in as if every forecast were exact, and what then ends late has cost
 * others their turn.
 */
export class ForecastError {
  #meanMs = 0;
  #deviationMs = 0;
  /** Weight of what is not learnt. */
  #unknown = 1;
  #doubtedMs = Number.NEGATIVE_INFINITY;
  /** How many wait whose ends will be learnt. */
  #waiting = 0;

  /** As learnt. */
  get learntMs(): number {
    return Math.max(0, this.#meanMs + 2 * this.#deviationMs);
  }

  /** With what is not learnt yet. */
  marginMs(batchMs: number): number {
    return this.learntMs + this.#unknown * batchMs;
  }

  /**
   * The prior alone has refused somebody. While nobody waits it has to give way: refusing all that would wait, it would
   * never learn otherwise.
   */
  doubt(batchMs: number, nowMs: number): void {
    if (this.#waiting === 0 && nowMs >= this.#doubtedMs + batchMs) {
      this.#doubtedMs = nowMs;
      this.#unknown *= 1 - doubted;
    }
  }

  /** Somebody waits: to be told how it ended, undefined where that teaches nothing. */
  expect(): (lateMs: number | undefined) => void {
    this.#waiting += 1;
    return (lateMs) => {
      this.#waiting -= 1;
      if (lateMs !== undefined) {
        this.learn(lateMs);
      }
    };
  }

  /** `lateMs` below zero when it ended earlier. */
  learn(lateMs: number): void {
    this.#unknown *= 1 - newest;
    this.#deviationMs += newest * (Math.abs(lateMs - this.#meanMs) - this.#deviationMs);
    this.#meanMs += newest * (lateMs - this.#meanMs);
  }
}
