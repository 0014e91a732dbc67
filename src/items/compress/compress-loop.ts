import type { Clock } from '../../base/clock.ts';
import { RankError } from '../../base/errors.ts';
import type { Item } from '../item/item.ts';
import type { ItemResult, ItemStore } from '../store/item-store.ts';
import { makeItem, type Makers } from './make-item.ts';
import { nextStep } from './next-step.ts';

export interface CompressLoopParts {
  readonly store: Pick<ItemStore, 'stale' | 'get' | 'settle'>;
  /** What makes the items now; it may change between two of them. */
  readonly makers: () => Makers;
  /** Whether the server has capacity that no request needs. */
  readonly spare: () => boolean;
  readonly clock: Clock;
  /** Items that are made at a time. */
  readonly mostRunning: number;
  /** Whether this server is to make an item; else another does, or has. Absent: it always is. */
  readonly claim?: ((id: string) => Promise<boolean>) | undefined;
  /** Called when making an item failed, and when the store could not be read or written. */
  readonly onFault: (error: unknown, id: string) => void;
}

/** How long the loop rests when the store takes no results, or the server no work. */
const restMs = 5000;
/** How long an item is left to other servers before it is claimed again, and the most that are. */
const leaveMs = 15_000;
const mostLeft = 1000;
const nothingMade = { summary: undefined, encoded: undefined, hasFailed: true };

/** Makes what stale items lack, one after the other, while there is spare capacity. */
export class CompressLoop {
  /** Summaries made since the start, by method, and failures. */
  readonly made = new Map<string, number>();
  failures = 0;
  readonly #parts: CompressLoopParts;
  readonly #running = new Map<string, Promise<void>>();
  /** Until when items are left to other servers. */
  readonly #left = new Map<string, number>();
  readonly #abort = new AbortController();
  #restUntilMs = 0;
  #isDeciding = false;
  /** Whether something has happened since the loop began to decide. */
  #hasNews = false;
  #cancelTimer: () => void = () => undefined;

  constructor(parts: CompressLoopParts) {
    this.#parts = parts;
  }

  /** Items may have become stale. */
  wake(): void {
    void this.#decide();
  }

  /** Ends what is running. Resolves when nothing is. */
  async close(): Promise<void> {
    this.#abort.abort();
    this.#cancelTimer();
    await Promise.all(this.#running.values());
  }

  async #decide(): Promise<void> {
    this.#hasNews = true;
    if (this.#isDeciding) {
      return;
    }
    this.#isDeciding = true;
    while (this.#hasNews && !this.#abort.signal.aborted) {
      this.#hasNews = false;
      try {
        await this.#step();
      } catch (error) {
        // The store cannot be read. The next wake tries again.
        this.#parts.onFault(error, '');
      }
    }
    this.#isDeciding = false;
  }

  async #step(): Promise<void> {
    this.#cancelTimer();
    const { store, clock, spare, mostRunning } = this.#parts;
    const running = this.#running.size;
    this.#takeBack(clock.nowMs());
    // One more for each that is running or made elsewhere, because those are stale as well.
    const stale = await store.stale(mostRunning + running + this.#left.size);
    const waiting = stale.filter((id) => !this.#running.has(id) && !this.#left.has(id));
    const step = nextStep({
      running,
      mostRunning,
      hasStale: waiting.length > 0,
      isSpare: waiting.length > 0 && spare(),
      restUntilMs: this.#restUntilMs,
      nowMs: clock.nowMs(),
    });
    if (this.#abort.signal.aborted) {
      return;
    }
    if (step.kind === 'take') {
      waiting.slice(0, step.items).forEach((id) => this.#take(id));
    } else if (step.kind === 'look-again') {
      this.#cancelTimer = clock.at(step.atMs, () => this.wake());
    } else {
      const [backAtMs] = this.#left.values();
      this.#cancelTimer =
        backAtMs === undefined ? () => undefined : clock.at(backAtMs, () => this.wake());
    }
  }

  #leave(id: string): void {
    this.#left.set(id, this.#parts.clock.nowMs() + leaveMs);
    const [oldest] = this.#left.keys();
    if (this.#left.size > mostLeft && oldest !== undefined) {
      this.#left.delete(oldest);
    }
  }

  #takeBack(nowMs: number): void {
    for (const [id, untilMs] of this.#left) {
      if (untilMs <= nowMs) {
        this.#left.delete(id);
      }
    }
  }

  #take(id: string): void {
    const run = this.#make(id).finally(() => {
      this.#running.delete(id);
      this.wake();
    });
    this.#running.set(id, run);
  }

  async #make(id: string): Promise<void> {
    const { store, onFault, claim } = this.#parts;
    try {
      if (claim !== undefined && !(await claim(id))) {
        this.#leave(id);
        return;
      }
      const item = await store.get(id);
      const result = item && (await this.#try(item));
      if (result !== undefined) {
        await store.settle([result]);
        this.#count(result);
      }
    } catch (error) {
      this.#rest();
      onFault(error, id);
    }
  }

  #rest(): void {
    this.#restUntilMs = this.#parts.clock.nowMs() + restMs;
  }

  /** Undefined when the loop has ended meanwhile, or is to try it again. */
  async #try(item: Item): Promise<ItemResult | undefined> {
    const { signal } = this.#abort;
    try {
      const result = await makeItem(item, this.#parts.makers(), signal);
      return signal.aborted ? undefined : result;
    } catch (error) {
      if (signal.aborted) {
        return undefined;
      }
      if (isPassing(error)) {
        this.#rest();
        return undefined;
      }
      this.failures += 1;
      this.#parts.onFault(error, item.id);
      return { id: item.id, contentHash: item.contentHash, ...nothingMade };
    }
  }

  #count({ summary }: ItemResult): void {
    if (summary !== undefined) {
      this.made.set(summary.method, (this.made.get(summary.method) ?? 0) + 1);
    }
  }
}

/** Whether the server had no room, which is not the item's fault. */
function isPassing(error: unknown): boolean {
  return (
    error instanceof RankError && (error.kind === 'overloaded' || error.kind === 'unavailable')
  );
}
