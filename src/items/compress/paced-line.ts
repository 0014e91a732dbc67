import type { Clock } from '../../base/clock.ts';

/** While requests need the processor, so many times as long as it worked the line rests. */
const restFactor = 3;
/** Shorter rests are added up: timers are no finer, and each costs something. */
const leastRestMs = 4;

/** How long the line rests now, of what it owes. */
export function restOf(owedMs: number, isSpare: boolean): number {
  return isSpare || owedMs < leastRestMs ? 0 : owedMs;
}

/**
 * Does one thing at a time, in the order of the calls. While the server has no spare time it takes
 * a quarter of a core at most.
 */
export class PacedLine {
  readonly #spare: () => boolean;
  readonly #clock: Clock;
  #last: Promise<unknown> = Promise.resolve();
  #owedMs = 0;

  constructor(spare: () => boolean, clock: Clock) {
    this.#spare = spare;
    this.#clock = clock;
  }

  /** @throws the work's error, and the signal's reason when it aborts before the work begins. */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const result = this.#last.then(() => this.#work(work, signal));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #work<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    signal?.throwIfAborted();
    await this.#rest();
    const startedAtMs = this.#clock.nowMs();
    try {
      return await work();
    } finally {
      this.#owedMs += restFactor * (this.#clock.nowMs() - startedAtMs);
    }
  }

  async #rest(): Promise<void> {
    const isSpare = this.#spare();
    const restMs = restOf(this.#owedMs, isSpare);
    if (isSpare || restMs > 0) {
      this.#owedMs = 0;
    }
    if (restMs > 0) {
      const untilMs = this.#clock.nowMs() + restMs;
      await new Promise<void>((resolve) => this.#clock.at(untilMs, resolve));
    }
  }
}
