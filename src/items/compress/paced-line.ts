import type { Clock } from '../../base/clock.ts';

/** On a server that is never idle, the line rests this many times as long as it has worked. */
const restFactor = 20;
/** How often the line checks whether the server is idle. */
const lookMs = 5;

export interface PaceView {
  readonly isIdle: boolean;
  readonly nowMs: number;
  /** Until when the line rests if the server is busy. */
  readonly restUntilMs: number;
}

/** When to check again whether the next work may begin; undefined: it may begin now. */
export function nextLook({ isIdle, nowMs, restUntilMs }: PaceView): number | undefined {
  return isIdle || nowMs >= restUntilMs ? undefined : Math.min(restUntilMs, nowMs + lookMs);
}

/**
 * Does one thing at a time, in the order of the calls: between requests, and while there are always
 * some, with a twentieth of a core.
 */
export class PacedLine {
  readonly #idle: () => boolean;
  readonly #clock: Clock;
  #last: Promise<unknown> = Promise.resolve();
  #restUntilMs = 0;

  /** `idle` says whether no request waits, is encoded or runs. */
  constructor(idle: () => boolean, clock: Clock) {
    this.#idle = idle;
    this.#clock = clock;
  }

  /** @throws the work's error, and the signal's reason when it aborts before the work begins. */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const result = this.#last.then(() => this.#work(work, signal));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #work<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    await this.#rest(signal);
    const startedAtMs = this.#clock.nowMs();
    try {
      return await work();
    } finally {
      const nowMs = this.#clock.nowMs();
      this.#restUntilMs = nowMs + restFactor * (nowMs - startedAtMs);
    }
  }

  async #rest(signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      signal?.throwIfAborted();
      const nowMs = this.#clock.nowMs();
      const lookAtMs = nextLook({ isIdle: this.#idle(), nowMs, restUntilMs: this.#restUntilMs });
      if (lookAtMs === undefined) {
        return;
      }
      await new Promise<void>((resolve) => this.#clock.at(lookAtMs, resolve));
    }
  }
}
