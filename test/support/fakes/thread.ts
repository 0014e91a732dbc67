import { createDeferred, type Deferred } from '../../../src/base/deferred.ts';
import type {
  DeviceThread,
  OpenThread,
  ThreadReply,
} from '../../../src/pool/threads/device-thread.ts';
import type { InferMessage } from '../../../src/pool/threads/messages.ts';

/** A device's thread whose every answer the test gives, oldest question first. */
export class FakeThread implements DeviceThread {
  readonly asked: InferMessage['kind'][] = [];
  end: 'closed' | 'discarded' | undefined;
  readonly #onGone: (message: string) => void;
  readonly #open: Deferred<ThreadReply>[] = [];

  constructor(onGone: (message: string) => void) {
    this.#onGone = onGone;
  }

  get unanswered(): number {
    return this.#open.length;
  }

  ask(message: InferMessage): Promise<ThreadReply> {
    this.asked.push(message.kind);
    const reply = createDeferred<ThreadReply>();
    this.#open.push(reply);
    return reply.promise;
  }

  answer(reply: ThreadReply): void {
    this.#open.shift()?.resolve(reply);
  }

  answerRun(...logits: number[]): void {
    this.answer({ kind: 'ran', logits: Float32Array.from(logits), runMs: 10 });
  }

  /** As a thread that exits: the news first, then every question is lost. */
  crash(message: string): void {
    this.#onGone(message);
    for (const reply of this.#open.splice(0)) {
      reply.resolve({ kind: 'gone', message });
    }
  }

  close(): Promise<void> {
    this.end = 'closed';
    return Promise.resolve();
  }

  discard(): Promise<void> {
    this.end = 'discarded';
    return Promise.resolve();
  }
}

/** Every thread that was opened, in order. */
export function fakeThreads(): { readonly threads: FakeThread[]; readonly openThread: OpenThread } {
  const threads: FakeThread[] = [];
  const openThread: OpenThread = (onGone) => {
    const thread = new FakeThread(onGone);
    threads.push(thread);
    return thread;
  };
  return { threads, openThread };
}
