import type { Clock } from '../../base/clock.ts';

interface OpenRun {
  readonly limitMs: number;
  readonly onLate: (limitMs: number) => void;
}

/**
 * Times the work of one thread, which does it in order: only the oldest piece is being done, and its time starts when
 * the one before it has ended.
 */
export class RunWatch {
  readonly #clock: Clock;
  readonly #open: OpenRun[] = [];
  #callOff: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns the way to say that it has ended; after that `onLate` is not called. */
  begin(limitMs: number, onLate: (limitMs: number) => void): () => void {
    const run = { limitMs, onLate };
    this.#open.push(run);
    if (this.#open.length === 1) {
      this.#time();
    }
    return () => {
      const place = this.#open.indexOf(run);
      this.#open.splice(place, place < 0 ? 0 : 1);
      if (place === 0) {
        this.#time();
      }
    };
  }

  /** Forgets all of it. */
  end(): void {
    this.#open.length = 0;
    this.#callOff();
  }

  #time(): void {
    this.#callOff();
    const [run] = this.#open;
    if (run !== undefined) {
      const { limitMs, onLate } = run;
      this.#callOff = this.#clock.at(this.#clock.nowMs() + limitMs, () => onLate(limitMs));
    }
  }
}
