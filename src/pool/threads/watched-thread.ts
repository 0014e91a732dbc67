import type { Clock } from '../../base/clock.ts';
import type { PackedBatch } from '../../batch/packed-batch.ts';
import type { DeviceThread, OpenThread, ThreadReply } from './device-thread.ts';
import type { InferMessage } from './messages.ts';
import { RunWatch } from './run-watch.ts';

export interface WatchOptions {
  readonly clock: Clock;
  /** Milliseconds; undefined while nothing is known of what runs cost. */
  readonly predictMs: (batch: PackedBatch) => number | undefined;
  readonly limits: WatchLimits;
  readonly hung: HungThreads;
}

export interface WatchLimits {
  /** A run is late past this... */
  readonly leastMs: number;
  /** ...and past so many times what it was predicted to take. */
  readonly factor: number;
  /** For a load, and for a run that nothing is known of. */
  readonly loadMs: number;
}

/**
 * Threads that hang in a run. Ending one there aborts the process, so it is left to finish and closed then; as it may
 * keep its core and its memory for ever, only so many slots get a new thread meanwhile.
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

/** Threads that count as gone when they are late; what they answer after that is ignored. */
export function watchThreads(open: OpenThread, options: WatchOptions): OpenThread {
  return (onGone) => {
    const watch = new RunWatch(options.clock);
    const waiting = new Set<(reply: ThreadReply) => void>();
    let late: ThreadReply | undefined;
    const inner = open((...news) => late === undefined && onGone(...news));
    const giveUp = (limitMs: number) => {
      const gone = toGone(limitMs);
      late = gone;
      watch.end();
      options.hung.add(inner);
      onGone(gone.message, options.hung.isFull);
      waiting.forEach((answer) => answer(gone));
    };
    const watched = (message: InferMessage) =>
      new Promise<ThreadReply>((resolve) => {
        const end = watch.begin(limitOf(message, options), giveUp);
        waiting.add(resolve);
        void inner.ask(message).then((reply) => {
          waiting.delete(resolve);
          end();
          resolve(reply);
        });
      });
    const unlessLate = async (end: () => Promise<void>) => {
      if (late === undefined) {
        // A thread that turns out to hang while it is being closed is not waited for.
        const hangs = new Promise<void>((resolve) => waiting.add(() => resolve()));
        await Promise.race([end(), hangs]);
      }
    };
    return {
      ask: async (message) => late ?? (await watched(message)),
      close: () => unlessLate(() => inner.close()),
      discard: () => unlessLate(() => inner.discard()),
    };
  };
}

function toGone(limitMs: number) {
  const message = `its thread hangs: no answer in ${Math.round(limitMs)} ms`;
  return { kind: 'gone', message } as const;
}

function limitOf(message: InferMessage, { predictMs, limits }: WatchOptions): number {
  const predictedMs = message.kind === 'run' ? predictMs(message.batch) : undefined;
  return predictedMs === undefined
    ? limits.loadMs
    : Math.max(limits.leastMs, limits.factor * predictedMs);
}
