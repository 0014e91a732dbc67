import type { Clock } from '../../base/clock.ts';
import type { PackedBatch } from '../../batch/packed-batch.ts';
import type { DeviceThread, OpenThread, ThreadReply } from './device-thread.ts';
import type { InferMessage } from './messages.ts';
import { RunWatch } from './run-watch.ts';

export interface WatchOptions {
  readonly clock: Clock;
  /** Undefined while the cost of runs is unknown. */
  readonly predictMs: (batch: PackedBatch) => number | undefined;
  readonly limits: WatchLimits;
  readonly hung: HungThreads;
}

export interface WatchLimits {
  /** A run is late when it takes longer than this... */
  readonly leastMs: number;
  /** ...and longer than its predicted time multiplied by this. */
  readonly factor: number;
  /** For loads, and for runs of unknown cost. */
  readonly loadMs: number;
}

/**
 * Threads that hang in a run. Ending such a thread would abort the process, so it is closed only
 * when its run ends, which may be never. Until then it occupies a core and memory, so only `most`
 * hung threads are replaced by new ones.
 */
export class HungThreads {
  readonly #most: number;
  #count = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count > this.#most;
  }

  add(thread: DeviceThread): void {
    this.#count += 1;
    void thread.close().finally(() => {
      this.#count -= 1;
    });
  }
}

/** Threads that count as gone when they are late. */
export function watchThreads(open: OpenThread, options: WatchOptions): OpenThread {
  return (onGone) => new WatchedThread(open, onGone, options);
}

type Gone = Extract<ThreadReply, { kind: 'gone' }>;

/** Once a run is late, the thread counts as gone for good, and its later answers are ignored. */
class WatchedThread implements DeviceThread {
  readonly #inner: DeviceThread;
  readonly #onGone: Parameters<OpenThread>[0];
  readonly #options: WatchOptions;
  readonly #watch: RunWatch;
  /** Settles the messages and closes that wait for the thread. */
  readonly #waiting = new Set<(gone: Gone) => void>();
  #late: Gone | undefined;

  constructor(open: OpenThread, onGone: Parameters<OpenThread>[0], options: WatchOptions) {
    this.#onGone = onGone;
    this.#options = options;
    this.#watch = new RunWatch(options.clock);
    this.#inner = open((message, isBarred) => {
      if (this.#late === undefined) {
        onGone(message, isBarred);
      }
    });
  }

  ask(message: InferMessage): Promise<ThreadReply> {
    if (this.#late !== undefined) {
      return Promise.resolve(this.#late);
    }
    return new Promise((resolve) => {
      const limitMs = limitOf(message, this.#options);
      const end = this.#watch.begin(limitMs, () => this.#giveUp(limitMs));
      this.#waiting.add(resolve);
      void this.#inner.ask(message).then((reply) => {
        this.#waiting.delete(resolve);
        end();
        resolve(reply);
      });
    });
  }

  close(): Promise<void> {
    return this.#unlessLate(() => this.#inner.close());
  }

  discard(): Promise<void> {
    return this.#unlessLate(() => this.#inner.discard());
  }

  /** The owner is told before the replies resolve, so that it sends the thread no more work. */
  #giveUp(limitMs: number): void {
    const { hung } = this.#options;
    const message = `its thread hangs: no answer in ${Math.round(limitMs)} ms`;
    const gone: Gone = { kind: 'gone', message };
    this.#late = gone;
    this.#watch.end();
    hung.add(this.#inner);
    this.#onGone(message, hung.isFull);
    this.#waiting.forEach((settle) => settle(gone));
  }

  /** Does not wait for a thread that hangs while it is being closed: `hung` closes it later. */
  async #unlessLate(end: () => Promise<void>): Promise<void> {
    if (this.#late === undefined) {
      const hangs = new Promise<void>((resolve) => this.#waiting.add(() => resolve()));
      await Promise.race([end(), hangs]);
    }
  }
}

function limitOf(message: InferMessage, { predictMs, limits }: WatchOptions): number {
  const predictedMs = message.kind === 'run' ? predictMs(message.batch) : undefined;
  return predictedMs === undefined
    ? limits.loadMs
    : Math.max(limits.leastMs, limits.factor * predictedMs);
}
