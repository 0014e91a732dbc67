import { Worker } from 'node:worker_threads';
import type { EncodedRequest, TokenPart } from '../../../src/batch/packed-batch.ts';
import { workerEntry } from '../../../src/pool/threads/worker-entry.ts';

/** Batches that the bare engine runs in turn, in a thread for each replica. */
export interface EngineTask {
  readonly modelDir: string;
  readonly threads: number;
  readonly batches: readonly (readonly TokenPart[])[];
  readonly seconds: number;
}

export interface EngineRate {
  readonly replicas: number;
  readonly batches: number;
  readonly candidatesPerBatch: number;
  readonly packedTokensPerBatch: number;
  readonly candidatesPerSecond: number;
}

/**
 * Packs requests in order into batches that are as full as whole candidates allow. A request that
 * is split repeats its prefix. These are the batches of a saturated server without any overhead.
 */
export function fillBatches(
  requests: readonly EncodedRequest[],
  tokenBudget: number,
): readonly (readonly TokenPart[])[] {
  const batches: TokenPart[][] = [];
  let open: TokenPart[] = [];
  let room = tokenBudget;
  const close = () => {
    if (open.length > 0) {
      batches.push(open);
    }
    open = [];
    room = tokenBudget;
  };
  for (const { prefix, candidates } of requests) {
    // Shortest first, as in the server, since candidates of similar length share a tile shape.
    let left = candidates.map(({ ids }) => ids).sort((a, b) => a.length - b.length);
    while (left.length > 0) {
      const count = countFitting(left, room - prefix.length);
      if (count === 0 && open.length > 0) {
        close();
        continue;
      }
      const suffixes = left.slice(0, Math.max(1, count));
      open.push({ prefix, suffixes });
      room -= prefix.length + suffixes.reduce((sum, { length }) => sum + length, 0);
      left = left.slice(suffixes.length);
    }
  }
  close();
  return batches;
}

/** Runs the task in as many threads as there are replicas, all at once. */
export async function measureEngine(task: EngineTask, replicas: number): Promise<EngineRate> {
  const rates = await Promise.all(Array.from({ length: replicas }, () => runThread(task)));
  const { batches } = task;
  const sum = (of: (part: TokenPart) => number) =>
    batches.flat().reduce((total, part) => total + of(part), 0);
  return {
    replicas,
    batches: batches.length,
    candidatesPerBatch: sum(({ suffixes }) => suffixes.length) / batches.length,
    packedTokensPerBatch:
      sum((part) => part.suffixes.reduce((n, { length }) => n + length, part.prefix.length)) /
      batches.length,
    candidatesPerSecond: rates.reduce((total, rate) => total + rate, 0),
  };
}

function countFitting(suffixes: readonly Int32Array[], room: number): number {
  let left = room;
  let count = 0;
  for (const { length } of suffixes) {
    left -= length;
    if (left < 0) {
      break;
    }
    count += 1;
  }
  return count;
}

/** Resolves to candidates per second. */
function runThread(task: EngineTask): Promise<number> {
  const isSource = import.meta.url.endsWith('.ts');
  const entry = workerEntry(new URL(`./engine-thread.${isSource ? 'ts' : 'js'}`, import.meta.url));
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(entry.filename), {
      workerData: task,
      execArgv: entry.execArgv,
    });
    worker.once('message', (rate: number) => resolve(rate));
    worker.once('error', reject);
    worker.once('exit', (code) =>
      reject(new Error(`the engine's thread ended with ${code} before it gave a rate`)),
    );
  });
}
