import type { Clock } from '../../../src/base/clock.ts';

/** Lets everything that waits on promises alone go on. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

interface Timer {
  readonly momentMs: number;
  readonly callback: () => void;
}

/** Time stands still until the test moves it. */
export class FakeClock implements Clock {
  #nowMs: number;
  #timers: Timer[] = [];

  constructor(nowMs = 1_000) {
    this.#nowMs = nowMs;
  }

  get timers(): number {
    return this.#timers.length;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  at(momentMs: number, callback: () => void): () => void {
    const timer = { momentMs, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  /** Fires what falls due on the way, each at its moment, and lets it settle. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const due = this.#timers
        .filter(({ momentMs }) => momentMs <= untilMs)
        .sort((a, b) => a.momentMs - b.momentMs)[0];
      if (due === undefined) {
        break;
      }
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.#nowMs = Math.max(this.#nowMs, due.momentMs);
      due.callback();
      await settle();
    }
    this.#nowMs = untilMs;
    await settle();
  }
}
