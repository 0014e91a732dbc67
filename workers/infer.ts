import { workerData } from 'node:worker_threads';
import type { InferMessage, InferReply, InferWorkerData } from '../src/pool/threads/messages.ts';
import { faultOf } from '../src/pool/threads/run-fault.ts';
import { ChangedFileError, ServedFiles } from '../src/engine/served-files.ts';
import type { RankSession } from '../src/engine/session.ts';
import { messageOf } from '../src/base/errors.ts';

/** A replica's thread. Errors are sent as replies, so only a crash ends the thread. */

/** How often a batch is run while the weights are being written. */
const mostRuns = 3;

const { modelDir, manifest, slot, verified = {}, states } = parseWorkerData(workerData);
let loaded: { readonly session: RankSession; readonly files: ServedFiles } | undefined;
let last: Promise<unknown> = Promise.resolve();

/**
 * Answers in order: a prepared batch waits for the running one, so that `runMs` measures one run.
 */
export default function answer(message: InferMessage): Promise<InferReply> {
  const reply = last.then(() => handle(message)).catch(toFailure);
  last = reply;
  return reply;
}

async function handle(message: InferMessage): Promise<InferReply> {
  switch (message.kind) {
    case 'load':
      loaded = await load();
      return { kind: 'loaded' };
    case 'run': {
      if (loaded === undefined) {
        return { kind: 'unloaded' };
      }
      const startedAtMs = performance.now();
      const logits = await run(loaded, message.batch);
      return { kind: 'ran', logits, runMs: performance.now() - startedAtMs };
    }
    case 'unload':
      await loaded?.session.close();
      loaded?.files.close();
      loaded = undefined;
      return { kind: 'unloaded' };
  }
}

async function load(): Promise<NonNullable<typeof loaded>> {
  // Imported on demand: a thread that replaces a crashed one must be cheap to start and safe to
  // end.
  const { openSession } = await import('../src/engine/session.ts');
  const files = new ServedFiles(modelDir, manifest, slot.provider, verified);
  try {
    const session = await openSession({ modelDir: files.dir, manifest, ...slot, states });
    files.assertLoaded();
    return { session, files };
  } catch (error) {
    files.close();
    throw error;
  }
}

/**
 * Repeats a run during which the weights were written. @throws ChangedFileError when they differ
 * now.
 */
async function run(
  { session, files }: NonNullable<typeof loaded>,
  batch: Extract<InferMessage, { kind: 'run' }>['batch'],
): Promise<Float32Array> {
  for (let runs = 1; ; runs++) {
    const logits = await session.run(batch);
    if (!files.wereWritten()) {
      return logits;
    }
    if (runs === mostRuns) {
      throw new ChangedFileError('unavailable', 'the weights are written to without a pause');
    }
  }
}

function toFailure(error: unknown): InferReply {
  const message = messageOf(error);
  const fault = error instanceof ChangedFileError ? 'device' : faultOf(message);
  return { kind: 'failed', message, fault };
}

/** The pool sets it; messages.ts has the type. */
function parseWorkerData(data: unknown): InferWorkerData {
  return data as InferWorkerData;
}
