import type { Clock } from '../../base/clock.ts';
import { type LocalItems, readRecord, type StampedRecord } from './local-records.ts';
import { batchItems, type RemoteItems } from './remote-items.ts';

export interface SenderParts {
  readonly local: Pick<LocalItems, 'stored' | 'get'>;
  readonly remote: Pick<RemoteItems, 'push'>;
  /** The recipe of finished items. */
  readonly wanted: () => string | undefined;
  readonly clock: Clock;
  /** More waits than is kept: all items are to be compared later. */
  readonly onOverflow: () => void;
}

/** Ids that wait for Valkey at most: some 5 MB. */
export const mostWaiting = 20_000;
/** Characters of texts in one push. */
const batchLength = 131_072;
const retryMs = 1000;

/**
 * Sends what was written here. It keeps ids alone and reads their records when it sends them, so an
 * item that changes often waits once, and nothing that waits can be out of date.
 */
export class Sender {
  readonly #parts: SenderParts;
  readonly #waiting = new Set<string>();
  #sending: Promise<void> | undefined;
  #cancelRetry: () => void = () => undefined;
  #isClosed = false;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Resolves once all that waits is sent, or could not be sent now. Never rejects. */
  async send(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      if (this.#waiting.size >= mostWaiting && !this.#waiting.has(id)) {
        this.#parts.onOverflow();
        break;
      }
      this.#waiting.add(id);
    }
    await this.#start();
  }

  /** Ends after the push under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelRetry();
    await this.#sending;
  }

  #start(): Promise<void> {
    this.#sending ??= this.#sendAll();
    return this.#sending;
  }

  /** Resets `#sending` as soon as nothing waits: what is added later would be left behind. */
  async #sendAll(): Promise<void> {
    this.#cancelRetry();
    await Promise.resolve();
    try {
      while (this.#waiting.size > 0 && !this.#isClosed) {
        const records = this.#take();
        if (!(await this.#push(records))) {
          this.#retryLater();
          return;
        }
      }
    } finally {
      this.#sending = undefined;
    }
  }

  async #push(records: readonly StampedRecord[]): Promise<boolean> {
    const { remote, wanted } = this.#parts;
    if (records.length === 0 || (await remote.push(records, wanted())) !== undefined) {
      return true;
    }
    records.forEach(({ record: { id } }) => this.#waiting.add(id));
    return false;
  }

  #retryLater(): void {
    const { clock } = this.#parts;
    this.#cancelRetry = clock.at(clock.nowMs() + retryMs, () => {
      if (!this.#isClosed) {
        void this.#start();
      }
    });
  }

  /** The next records, in the order in which they began to wait. */
  #take(): readonly StampedRecord[] {
    const records: StampedRecord[] = [];
    let length = 0;
    for (const id of this.#waiting) {
      if (records.length >= batchItems || length >= batchLength) {
        break;
      }
      this.#waiting.delete(id);
      const found = readRecord(this.#parts.local, id);
      if (found !== undefined) {
        records.push(found);
        length += found.record.kind === 'item' ? found.record.text.length : 0;
      }
    }
    return records;
  }
}
