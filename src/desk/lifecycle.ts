import { RankError } from '../base/errors.ts';

/** What the server may ask of a call that has begun and is not over. */
export interface OpenCall {
  /** Ends it now, unanswered as it is. */
  readonly end: (error: RankError) => void;
  /** Told when draining begins: time for streams to end. */
  readonly onDraining?: () => void;
}

/** Where the server is between start and stop, and the calls it still owes an answer. */
export class Lifecycle {
  #phase: 'starting' | 'serving' | 'lame-duck' | 'draining' = 'starting';
  readonly #open = new Set<OpenCall>();
  readonly #whenIdle = new Set<() => void>();

  get isDraining(): boolean {
    return this.#phase === 'draining';
  }

  /** False when a stop began first. */
  beginServing(): boolean {
    if (this.#phase === 'starting') {
      this.#phase = 'serving';
    }
    return this.#phase === 'serving';
  }

  /** Serves on while health says NOT_SERVING. False when there is nothing to serve. */
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
  open(call: OpenCall): () => void {
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
