import { at } from '../../base/at.ts';
import type { PackedBatch } from '../../batch/packed-batch.ts';
import type { DeviceThread, ThreadReply } from '../threads/device-thread.ts';
import { type Bounds, type Measured, type Measurements, mostRunMs } from './choose-batching.ts';

export interface MeasureOptions {
  /** Opens a thread on the GPU; nothing is loaded yet. */
  readonly openThread: () => DeviceThread;
  /** A batch that fills the budget. */
  readonly pack: (tokenBudget: number) => PackedBatch;
  /** Ends the measuring before the next batches. */
  readonly signal: AbortSignal;
}

/** The first run of a shape also allocates memory and chooses kernels. */
const runsEach = 4;

/**
 * Loads the replicas of the bounds, or as many as the GPU has memory for, runs batches of each
 * budget on each number of replicas at once, and closes all threads. A fault ends the measuring;
 * what is known by then stays.
 */
export async function measureBatching(
  { tokenBudgets, replicas }: Bounds,
  options: MeasureOptions,
): Promise<Measurements> {
  const threads: DeviceThread[] = [];
  const measured: Measured[] = [];
  let problem: string | undefined;
  for (const count of replicas) {
    const before = threads.length;
    problem ??= await loadUpTo(count, threads, options);
    if (threads.length > before) {
      const fault = await runBudgets(tokenBudgets, { ...options, threads, measured });
      problem = fault ?? problem;
    }
  }
  await Promise.all(threads.map((thread) => thread.close()));
  return { measured, problem };
}

/** Returns the problem that kept a thread from loading, if there was one. */
async function loadUpTo(
  count: number,
  threads: DeviceThread[],
  { openThread, signal }: MeasureOptions,
): Promise<string | undefined> {
  while (threads.length < count && !signal.aborted) {
    const thread = openThread();
    const reply = await thread.ask({ kind: 'load' });
    if (reply.kind !== 'loaded') {
      await thread.close();
      return problemOf(reply);
    }
    threads.push(thread);
  }
  return undefined;
}

interface BudgetOptions extends MeasureOptions {
  readonly threads: readonly DeviceThread[];
  /** Receives what was measured. */
  readonly measured: Measured[];
}

/**
 * Leaves out larger budgets once a run takes longer than is wanted. Returns the problem that ended
 * it, if there was one.
 */
async function runBudgets(
  tokenBudgets: readonly number[],
  { threads, measured, pack, signal }: BudgetOptions,
): Promise<string | undefined> {
  for (const tokenBudget of tokenBudgets) {
    if (signal.aborted) {
      return 'it was stopped';
    }
    const run = await runOn(threads, () => pack(tokenBudget));
    if (typeof run === 'string') {
      return run;
    }
    measured.push({ replicas: threads.length, tokenBudget, ...run });
    if (run.runMs > mostRunMs) {
      break;
    }
  }
  return undefined;
}

/** Every thread has its next batch before it has finished one. Returns the problem of a failure. */
async function runOn(
  threads: readonly DeviceThread[],
  pack: () => PackedBatch,
): Promise<Pick<Measured, 'packedTokens' | 'runMs'> | string> {
  const batches = threads.map(() => Array.from({ length: runsEach }, pack));
  const packedTokens = at(at(batches, 0), 0).tokens;
  const replies = await Promise.all(
    threads.map((thread, place) =>
      Promise.all(at(batches, place).map((batch) => thread.ask({ kind: 'run', batch }))),
    ),
  );
  const failed = replies.flat().find(({ kind }) => kind !== 'ran');
  if (failed !== undefined) {
    return problemOf(failed);
  }
  const times = replies
    .flatMap((own) => own.slice(1))
    .flatMap((reply) => (reply.kind === 'ran' ? [reply.runMs] : []))
    .toSorted((a, b) => a - b);
  return { packedTokens, runMs: at(times, Math.floor(times.length / 2)) };
}

function problemOf(reply: ThreadReply): string {
  return 'message' in reply ? reply.message : `its thread answered '${reply.kind}'`;
}
