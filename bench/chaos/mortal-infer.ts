import { BroadcastChannel, workerData } from 'node:worker_threads';
import type { InferMessage, InferReply, InferWorkerData } from '../../src/pool/threads/messages.ts';
import answer from '../../workers/infer.ts';
import { chaosChannel, type Death } from './death.ts';

/**
 * A replica's thread that can be killed. It ends by `process.exit`, which looks to the pool like an
 * uncaught error in the thread. It never ends inside a run, which would end the whole process.
 */

const { slot } = workerData as InferWorkerData;
let isLoaded = false;
let isDoomed = false;

const channel = new BroadcastChannel(chaosChannel);
channel.onmessage = (event: unknown) => {
  const { data } = event as { readonly data: Death };
  // Piscina replaces a dead thread before its pool is closed; that thread has no session.
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
