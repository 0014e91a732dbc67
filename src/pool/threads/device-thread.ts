import { Piscina } from 'piscina';
import type { PackedBatch } from '../../batch/packed-batch.ts';
import type { InferMessage, InferReply, InferWorkerData } from './messages.ts';
import type { WorkerEntry } from './worker-entry.ts';
import { messageOf } from '../../base/errors.ts';

/** A reply, or the notice that the thread is gone and will not reply. */
export type ThreadReply = InferReply | { readonly kind: 'gone'; readonly message: string };

/** One thread on one device slot. */
export interface DeviceThread {
  /**
   * Never rejects. Messages are answered in order; a run's buffers are transferred to the thread.
   */
  ask(message: InferMessage): Promise<ThreadReply>;
  /** Waits for running batches, releases the session, and ends the thread. */
  close(): Promise<void>;
  /** Frees a thread that is gone. */
  discard(): Promise<void>;
}

/**
 * Calls `onGone` when the thread has ended by itself, before the pending replies resolve and
 * possibly more than once. `isBarred` forbids opening another thread on this slot soon.
 */
export type OpenThread = (onGone: (message: string, isBarred?: boolean) => void) => DeviceThread;

const poolOptions = {
  minThreads: 1,
  maxThreads: 1,
  idleTimeout: Number.POSITIVE_INFINITY,
  // One running and one prepared.
  concurrentTasksPerWorker: 2,
  // Atomics are no faster here and would stop the thread's event loop between tasks.
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
 * A Piscina pool of one thread. A larger pool gives a task to any free thread, so pinning a thread
 * to a device takes one pool each. A thread that replaces a crashed one has no session and is never
 * used.
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
    // Without a listener an error event would end the process. The thread's end is handled below.
    this.#pool.on('error', () => undefined);
    // Deferred so that the rejected tasks report first: they know why the thread ended, and this
    // event does not.
    this.#pool.on('workerDestroy', () => {
      setImmediate(() => this.#reportGone('its thread ended'));
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
      this.#reportGone(reason);
      return { kind: 'gone', message: reason };
    }
  }

  /**
   * Does not use `pool.close`, which ends a thread inside a run after a time limit and so aborts
   * the process. It also never cancels that limit's timer, which keeps the pool and everything that
   * `onGone` refers to in memory: a whole model's pipeline.
   */
  async #end(): Promise<void> {
    await Promise.all(this.#unanswered);
    await this.#pool.destroy();
  }

  #reportGone(reason: string): void {
    if (!this.#isClosing) {
      this.#onGone(reason);
    }
  }
}

/** Without duplicates: views may share a buffer. */
function buffersOf({ feeds }: PackedBatch): ArrayBuffer[] {
  const buffers = new Set<ArrayBufferLike>(feeds.map(({ data }) => data.buffer));
  return [...buffers].filter((buffer) => buffer instanceof ArrayBuffer);
}

/** The worker sends it; messages.ts has the type. */
function parseReply(reply: unknown): InferReply {
  return reply as InferReply;
}
