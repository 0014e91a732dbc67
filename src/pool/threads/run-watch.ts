import type { Clock } from '../../base/clock.ts';

interface OpenRun {
  readonly limitMs: number;
  readonly onLate: () => void;
}

/**
 * Watches the runs of one thread, which works in order: only the oldest run is in progress, and its
 * time starts when the run before it has ended.
 */
export class RunWatch {
  readonly #clock: Clock;
  readonly #open: OpenRun[] = [];
  #cancelTimer: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns a function that ends the watch over this run. */
  begin(limitMs: number, onLate: () => void): () => void {
    const run = { limitMs, onLate };
    this.#open.push(run);
    if (this.#open.length === 1) {
      this.#startTimer();
    }
    return () => {
      const place = this.#open.indexOf(run);
      this.#open.splice(place, place < 0 ? 0 : 1);
      if (place === 0) {
        this.#startTimer();
      }
    };
  }

  /** Ends the watch over all runs. */
  end(): void {
    this.#open.length = 0;
    this.#cancelTimer();
  }

  #startTimer(): void {
    this.#cancelTimer();
    const [run] = this.#open;
    if (run !== undefined) {
      const { limitMs, onLate } = run;
      this.#cancelTimer = this.#clock.at(this.#clock.nowMs() + limitMs, onLate);
    }
  }
}
