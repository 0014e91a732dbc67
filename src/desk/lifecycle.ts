import { RankError } from '../base/errors.ts';

/** A call that has begun and is not over, and the ways to end it when the server stops. */
interface EndableCall {
  /** Ends the call at once, answered or not. */
  readonly end: (error: RankError) => void;
  /** Called when draining begins, so that streams can end. */
  readonly onDraining?: () => void;
}

/** The server's phase between start and stop, and the open calls. */
export class Lifecycle {
  #phase: 'starting' | 'serving' | 'lame-duck' | 'draining' = 'starting';
  readonly #open = new Set<EndableCall>();
  readonly #whenIdle = new Set<() => void>();

  get isDraining(): boolean {
    return this.#phase === 'draining';
  }

  /** Returns false when a stop has begun already. */
  beginServing(): boolean {
    if (this.#phase === 'starting') {
      this.#phase = 'serving';
    }
    return this.#phase === 'serving';
  }

  /** Continues to serve while health says NOT_SERVING. Returns false if it was not serving. */
  beginLameDuck(): boolean {
    const isServing = this.#phase === 'serving';
    if (isServing) {
      this.#phase = 'lame-duck';
    }
    return isServing;
  }

  beginDraining(): void {
    this.#phase = 'draining';
    for (const call of [...this.#open]) {
      call.onDraining?.();
    }
  }

  /** @throws RankError `unavailable` */
  assertServing(): void {
    if (this.#phase === 'starting') {
      throw new RankError('unavailable', 'the server is starting: its model is not warm yet', {
        reason: 'STARTING',
      });
    }
    if (this.#phase === 'draining') {
      throw new RankError('unavailable', 'the server is draining and takes no new requests', {
        reason: 'DRAINING',
      });
    }
  }

  /** Counts a call as open until the returned function is called. */
  open(call: EndableCall): () => void {
    this.#open.add(call);
    return () => {
      this.#open.delete(call);
      if (this.#open.size === 0) {
        this.#whenIdle.forEach((resolve) => resolve());
        this.#whenIdle.clear();
      }
    };
  }

  get openCalls(): number {
    return this.#open.size;
  }

  /** Resolves when no call is open. */
  async idle(): Promise<void> {
    if (this.#open.size > 0) {
      await new Promise<void>((resolve) => this.#whenIdle.add(resolve));
    }
  }

  endAll(error: RankError): void {
    for (const call of [...this.#open]) {
      call.end(error);
    }
  }
}
