import { workerData } from 'node:worker_threads';
import type { InferMessage, InferReply, InferWorkerData } from '../src/pool/messages.ts';
import { faultOf } from '../src/pool/run-fault.ts';
import type { RankSession } from './session.ts';

/** A replica's thread. Errors leave it as replies; what still ends the thread is a crash. */

const { modelDir, manifest, slot } = parseWorkerData(workerData);
let session: RankSession | undefined;
let last: Promise<unknown> = Promise.resolve();

/** Answers in order: a prepared batch waits for the running one, so that `runMs` holds one run only. */
export default function answer(message: InferMessage): Promise<InferReply> {
  const reply = last.then(() => obey(message)).catch(toFailure);
  last = reply;
  return reply;
}

async function obey(message: InferMessage): Promise<InferReply> {
  switch (message.kind) {
    case 'load': {
      // Here, not at the top: a thread that took the place of a crashed one must be cheap and safe to end.
      const { openSession } = await import('./session.ts');
      session = await openSession({ modelDir, manifest, ...slot });
      return { kind: 'loaded' };
    }
    case 'run': {
      if (session === undefined) {
        return { kind: 'unloaded' };
      }
      const startedMs = performance.now();
      const logits = await session.run(message.batch);
      return { kind: 'ran', logits, runMs: performance.now() - startedMs };
    }
    case 'unload':
      await session?.close();
      session = undefined;
      return { kind: 'unloaded' };
  }
}

function toFailure(error: unknown): InferReply {
  const message = error instanceof Error ? error.message : String(error);
  return { kind: 'failed', message, fault: faultOf(message) };
}

/** Our own pool wrote it: the type is agreed in messages.ts. */
function parseWorkerData(data: unknown): InferWorkerData {
  return data as InferWorkerData;
}
