import { Piscina } from 'piscina';
import type { PackedBatch } from '../../batch/packed-batch.ts';
import type { InferMessage, InferReply, InferWorkerData } from './messages.ts';
import type { WorkerEntry } from './worker-entry.ts';
import { messageOf } from '../../base/errors.ts';

/** A reply, or the news that there will be none. */
export type ThreadReply = InferReply | { readonly kind: 'gone'; readonly message: string };

/** One thread on one device slot. */
export interface DeviceThread {
  /** Resolves always. Messages are answered in order; a run's buffers move to the thread. */
  ask(message: InferMessage): Promise<ThreadReply>;
  /** Waits for what is running, releases the session, and ends the thread. */
  close(): Promise<void>;
  /** Ends what is left of a thread that is gone. */
  discard(): Promise<void>;
}

/**
 * Calls `onGone` when the thread has ended by itself: before the replies to what it was asked, possibly again.
 * `isBarred`: the slot may not have another thread soon.
 */
export type OpenThread = (onGone: (message: string, isBarred?: boolean) => void) => DeviceThread;

const poolOptions = {
  minThreads: 1,
  maxThreads: 1,
  idleTimeout: Number.POSITIVE_INFINITY,
  // One running and one prepared.
  concurrentTasksPerWorker: 2,
  // No faster here, and it would stop the thread's event loop between tasks.
  atomics: 'disabled',
  recordTiming: false,
} as const;

export function openDeviceThread(
  entry: WorkerEntry,
  workerData: InferWorkerData,
  onGone: (message: string) => void,
): DeviceThread {
  return new PoolOfOne(entry, workerData, onGone);
}

/**
 * A Piscina pool of one thread: pools cannot be resized and give a task to any free thread, so pinning takes a pool
 * each. A thread that takes the place of a crashed one in the same pool holds no session and is never used.
 */
class PoolOfOne implements DeviceThread {
  readonly #pool: Piscina;
  readonly #onGone: (message: string) => void;
  readonly #unanswered = new Set<Promise<ThreadReply>>();
  #isClosing = false;
  #ended: Promise<void> | undefined;

  constructor(entry: WorkerEntry, workerData: InferWorkerData, onGone: (message: string) => void) {
    this.#onGone = onGone;
    this.#pool = new Piscina({ ...entry, ...poolOptions, workerData });
    // Unheard, an error event would end the process; the thread's end is heard below in every case.
    this.#pool.on('error', () => undefined);
    // A turn later, because the rejected tasks know why the thread ended and this event does not.
    this.#pool.on('workerDestroy', () => {
      setImmediate(() => this.#tellGone('its thread ended'));
    });
  }

  ask(message: InferMessage): Promise<ThreadReply> {
    if (this.#isClosing) {
      return Promise.resolve({ kind: 'gone', message: 'its thread is closed' });
    }
    const reply = this.#answer(message);
    this.#unanswered.add(reply);
    void reply.then(() => this.#unanswered.delete(reply));
    return reply;
  }

  async close(): Promise<void> {
    await this.ask({ kind: 'unload' });
    await this.discard();
  }

  discard(): Promise<void> {
    this.#isClosing = true;
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async #answer(message: InferMessage): Promise<ThreadReply> {
    try {
      const transferList = message.kind === 'run' ? buffersOf(message.batch) : [];
      return parseReply(await this.#pool.run(message, { transferList }));
    } catch (error) {
      const reason = messageOf(error);
      this.#tellGone(reason);
      return { kind: 'gone', message: reason };
    }
  }

  /**
   * Not by `pool.close`: it ends a thread inside a run when its time limit is over, which aborts the process, and never
   * calls off the timer of that limit, which until then keeps the pool and all that `onGone` reaches: a whole model's
   * serving path.
   */
  async #end(): Promise<void> {
    await Promise.all(this.#unanswered);
    await this.#pool.destroy();
  }

  #tellGone(reason: string): void {
    if (!this.#isClosing) {
      this.#onGone(reason);
    }
  }
}

/** Each buffer once: two views may share one. */
function buffersOf({ ids, positions, groups, untile, scored }: PackedBatch): ArrayBuffer[] {
  const buffers = new Set<ArrayBufferLike>();
  for (const view of [ids, positions, untile, scored]) {
    buffers.add(view.buffer);
  }
  for (const { rowIndex, keyIndex, rowPlace, keyPlace, lastIndex, lastPlace } of groups) {
    for (const view of [rowIndex, keyIndex, rowPlace, keyPlace, lastIndex, lastPlace]) {
      buffers.add(view.buffer);
    }
  }
  return [...buffers].filter((buffer) => buffer instanceof ArrayBuffer);
}

/** Our own worker wrote it: the type is agreed in messages.ts. */
function parseReply(reply: unknown): InferReply {
  return reply as InferReply;
}
