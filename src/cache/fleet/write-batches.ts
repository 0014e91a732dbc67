import type { Clock } from '../../base/clock.ts';
import type { Valkey, ValkeyEntry } from '../../valkey/valkey.ts';

/** How long a batch waits for entries of other requests. */
const lingerMs = 5;
/** Entries of one batch: about 0.4 ms of the main thread. */
const batchEntries = 500;
/** Entries that wait at most, about 3 MB; what is over is dropped. */
export const mostWaiting = 10_000;
/** Nobody waits for a write, so it may take longer than a read. */
const timeoutMs = 200;

/**
 * Writes entries in the background, one batch at a time: a server that is slow to write is sent
 * fewer batches, and what waits too long is dropped.
 */
export class WriteBatches {
  readonly #valkey: Pick<Valkey, 'set' | 'mayAnswer'>;
  readonly #clock: Clock;
  readonly #ttlMs: number;
  #waiting: ValkeyEntry[] = [];
  #isWriting = false;
  #written = 0;
  #dropped = 0;

  constructor(valkey: Pick<Valkey, 'set' | 'mayAnswer'>, ttlMs: number, clock: Clock) {
    this.#valkey = valkey;
    this.#ttlMs = ttlMs;
    this.#clock = clock;
  }

  /** Entries since the start. */
  get written(): number {
    return this.#written;
  }

  get dropped(): number {
    return this.#dropped;
  }

  add(entries: readonly ValkeyEntry[]): void {
    const room = this.#valkey.mayAnswer ? mostWaiting - this.#waiting.length : 0;
    this.#waiting.push(...entries.slice(0, room));
    this.#dropped += Math.max(0, entries.length - room);
    if (!this.#isWriting && this.#waiting.length > 0) {
      this.#isWriting = true;
      this.#clock.at(this.#clock.nowMs() + lingerMs, () => void this.#write());
    }
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, batchEntries);
      if (await this.#valkey.set(batch, { ttlMs: this.#ttlMs, timeoutMs })) {
        this.#written += batch.length;
      } else {
        this.#dropped += batch.length;
      }
    }
    this.#isWriting = false;
  }
}
