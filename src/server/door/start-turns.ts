/** Longest that calls are started in one turn of the event loop before what has come meanwhile is read. */
const turnMs = 5;

interface Waiting {
  /** Nobody waits for it any more. */
  readonly isOver: () => boolean;
  readonly start: () => void;
}

/**
 * Starts calls: one at once, and while more come in the same turn of the event loop, one of each
 * holder after the other. The main thread begins in the order of arrival otherwise, so that a client
 * that sends thousands and takes them back keeps everybody waiting for calls that nobody wants.
 */
export class StartTurns {
  readonly #nowMs: () => number;
  /** By holder; whose turn is next comes first. */
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
    const untilMs = this.#nowMs() + turnMs;
    for (const [holder, own] of this.#waiting) {
      // A map goes on to what is put at its end meanwhile.
      this.#waiting.delete(holder);
      this.#startFirst(own);
      if (own.length > 0) {
        this.#waiting.set(holder, own);
      }
      if (this.#nowMs() >= untilMs) {
        break;
      }
    }
    this.#isScheduled = false;
    if (this.#waiting.size > 0) {
      this.#schedule();
    }
  }

  /** What is over costs its holder no turn. */
  #startFirst(own: Waiting[]): void {
    const place = own.findIndex(({ isOver }) => !isOver());
    const [first] = own.splice(0, place < 0 ? own.length : place + 1).slice(-1);
    if (place >= 0) {
      first?.start();
    }
  }
}
