/** The longest that one turn of the event loop starts calls before the sockets are read again. */
const maxTurnMs = 5;

interface Waiting {
  /** Whether its client no longer waits for it. */
  readonly isOver: () => boolean;
  readonly start: () => void;
}

/**
 * Starts the first call of an event-loop turn at once, and further calls of that turn round-robin
 * by holder. In order of arrival, a client could send thousands of calls, cancel them, and make the
 * calls of others wait for cancelled work.
 */
export class StartTurns {
  readonly #nowMs: () => number;
  /** By holder, next turn first. */
  readonly #waiting = new Map<string, Waiting[]>();
  #isScheduled = false;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  enter(holder: string, call: Waiting): void {
    if (!this.#isScheduled) {
      this.#schedule();
      call.start();
      return;
    }
    const own = this.#waiting.get(holder);
    if (own === undefined) {
      this.#waiting.set(holder, [call]);
    } else {
      own.push(call);
    }
  }

  #schedule(): void {
    this.#isScheduled = true;
    setImmediate(() => this.#run());
  }

  #run(): void {
    const untilAtMs = this.#nowMs() + maxTurnMs;
    for (const [holder, own] of this.#waiting) {
      // Re-adding the holder moves it to the end of the map, where this loop meets it again.
      this.#waiting.delete(holder);
      this.#startFirst(own);
      if (own.length > 0) {
        this.#waiting.set(holder, own);
      }
      if (this.#nowMs() >= untilAtMs) {
        break;
      }
    }
    this.#isScheduled = false;
    if (this.#waiting.size > 0) {
      this.#schedule();
    }
  }

  /** Calls that are over are dropped without costing their holder a turn. */
  #startFirst(own: Waiting[]): void {
    const place = own.findIndex(({ isOver }) => !isOver());
    const [first] = own.splice(0, place < 0 ? own.length : place + 1).slice(-1);
    if (place >= 0) {
      first?.start();
    }
  }
}
