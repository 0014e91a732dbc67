import { BroadcastChannel, workerData } from 'node:worker_threads';
import type { InferMessage, InferReply, InferWorkerData } from '../../src/pool/threads/messages.ts';
import answer from '../../workers/infer.ts';
import { chaosChannel, type Death } from './death.ts';

/**
 * A replica's thread that ends when it is told to: by `process.exit` in the thread, which is what an uncaught error or
 * a native abort of the thread looks like to the rest. Never inside a run: that would end the whole process, in
 * production as here.
 */

const { slot } = workerData as InferWorkerData;
let isLoaded = false;
let isDoomed = false;

const channel = new BroadcastChannel(chaosChannel);
channel.onmessage = (event: unknown) => {
  const { data } = event as { readonly data: Death };
  // A thread that took the place of a dead one in a pool that is given up holds no session.
  if (isLoaded && data.slot === slot.name) {
    isDoomed = true;
    if (data.when === 'idle') {
      process.exit(1);
    }
  }
};
channel.unref();

export default async function answerOrDie(message: InferMessage): Promise<InferReply> {
  if (message.kind === 'run' && isDoomed) {
    process.exit(1);
  }
  const reply = await answer(message);
  isLoaded = isLoaded || reply.kind === 'loaded';
  return reply;
}
