import { workerData } from 'node:worker_threads';
import type { InferMessage, InferReply, InferWorkerData } from '../../src/pool/threads/messages.ts';
import answer from '../../workers/infer.ts';
import { createPacer, givenPace } from './pace.ts';

/**
 * A replica's thread that stands for a slower or larger device: it runs the real model, whose
 * answers are real, and then waits without using the processor until the run has taken as long as
 * its pace says.
 */

const { slot } = workerData as InferWorkerData;
const drawMs = createPacer(givenPace(process.env), slot.name);
const nothing = new Int32Array(new SharedArrayBuffer(4));
let last: Promise<unknown> = Promise.resolve();

/** Answers in order, as the replica's own thread does: a prepared batch waits for the wait too. */
export default function answerPaced(message: InferMessage): Promise<InferReply> {
  const reply = last.then(() => (message.kind === 'run' ? run(message) : answer(message)));
  last = reply;
  return reply;
}

async function run(message: Extract<InferMessage, { kind: 'run' }>): Promise<InferReply> {
  const startedAtMs = performance.now();
  const pacedMs = drawMs(message.batch);
  const reply = await answer(message);
  const leftMs = pacedMs - (performance.now() - startedAtMs);
  if (reply.kind === 'ran' && leftMs > 0) {
    Atomics.wait(nothing, 0, 0, leftMs);
  }
  return reply.kind === 'ran' ? { ...reply, runMs: performance.now() - startedAtMs } : reply;
}
