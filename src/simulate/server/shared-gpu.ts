import { at } from '../../base/at.ts';
import type { Clock } from '../../base/clock.ts';

interface Run {
  /** What is left of it, in milliseconds of a GPU of its own. */
  leftMs: number;
  readonly onEnd: () => void;
}

/**
 * A device slot's hardware. Runs that share it slow each other down: all progress at one pace
 * (egalitarian processor sharing).
 */
export class SharedGpu {
  readonly #clock: Clock;
  readonly #rates: readonly number[];
  readonly #runs = new Set<Run>();
  #countedAtMs = 0;
  #cancelAlarm: () => void = () => undefined;

  /** `rates`: how much 1, 2, ... runs get done together, as a multiple of one run's rate. */
  constructor(clock: Clock, rates: readonly number[]) {
    this.#clock = clock;
    this.#rates = rates;
  }

  /** Resolves after `aloneMs`, or later if it is not alone. */
  run(aloneMs: number): Promise<void> {
    this.#count();
    return new Promise((resolve) => {
      this.#runs.add({ leftMs: aloneMs, onEnd: resolve });
      this.#setAlarm();
    });
  }

  /** Progress of each run in a millisecond. */
  get #pace(): number {
    const running = this.#runs.size;
    return at(this.#rates, Math.min(running, this.#rates.length) - 1) / running;
  }

  #count(): void {
    const nowMs = this.#clock.nowMs();
    const progressMs = this.#runs.size === 0 ? 0 : (nowMs - this.#countedAtMs) * this.#pace;
    this.#runs.forEach((run) => (run.leftMs -= progressMs));
    this.#countedAtMs = nowMs;
  }

  #setAlarm(): void {
    this.#cancelAlarm();
    const [first] = [...this.#runs].sort((a, b) => a.leftMs - b.leftMs);
    if (first !== undefined) {
      const atMs = this.#countedAtMs + first.leftMs / this.#pace;
      this.#cancelAlarm = this.#clock.at(atMs, () => this.#end(first));
    }
  }

  /** The first run ends; one that has the same time left ends with the next alarm, at once. */
  #end(first: Run): void {
    this.#count();
    this.#runs.delete(first);
    this.#setAlarm();
    first.onEnd();
  }
}
