import { afterEach, expect, test } from '@jest/globals';
import { RankError } from '../../../src/base/errors.ts';
import { CompressThread } from '../../../src/pool/compress/compress-thread.ts';
import type { CompressWorkerData } from '../../../src/pool/compress/messages.ts';
import { findWorker, workerEntry } from '../../../src/pool/threads/worker-entry.ts';
import { buildHfTiny } from '../../support/checkpoints/hf-tiny.ts';
import { smallPlan } from '../../support/items/compress-files.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const threads: CompressThread[] = [];
afterEach(async () => {
  await Promise.all(threads.splice(0).map((thread) => thread.close()));
});

async function openThread(): Promise<CompressThread> {
  const modelDir = temporaryFolder();
  const manifest = await buildHfTiny('llama', modelDir);
  const limits = { prefixTokens: 200, candidateTokens: 200, rowTokens: 512 };
  const plan = smallPlan();
  const thread = new CompressThread(findWorker('compress'), { modelDir, manifest, limits, plan });
  threads.push(thread);
  return thread;
}

function openMortal(): CompressThread {
  const file = new URL('../../support/threads/mortal-compress.ts', import.meta.url);
  const thread = new CompressThread(workerEntry(file), {} as CompressWorkerData);
  threads.push(thread);
  return thread;
}

const source = {
  text: 'Night shifts for a nurse in a clinic. The nurse has intensive care patients at night, and bread.',
};
const never = new AbortController().signal;

test('a search asks the ranker in rounds, and the failure of one is the failure of the search', async () => {
  const thread = await openThread();
  const rounds: number[] = [];
  const made = await thread.search(
    source,
    (asked) => {
      rounds.push(asked.length);
      return Promise.resolve(asked.map(({ candidates }) => new Float64Array(candidates.length)));
    },
    never,
  );
  expect(rounds.length).toBeGreaterThan(2);
  expect(made.tokens).toBeLessThanOrEqual(12);
  expect(made.ids.length).toBeGreaterThan(0);
  const full = new RankError('overloaded', 'full');
  await expect(thread.search(source, () => Promise.reject(full), never)).rejects.toBe(full);
  expect((await thread.phrases(source)).ids.length).toBeGreaterThan(0);
});

test('a search ends at once when it is given up, whatever the thread does', async () => {
  const thread = openMortal();
  const caller = new AbortController();
  const made = thread.search(source, () => Promise.resolve([]), caller.signal);
  const reason = new Error('draining');
  caller.abort(reason);
  await expect(made).rejects.toBe(reason);
  await expect(thread.search(source, () => Promise.resolve([]), caller.signal)).rejects.toBe(
    reason,
  );
});

test('a thread that dies fails what it was given, and the next one works', async () => {
  const thread = openMortal();
  await expect(thread.encode({ text: 'die' })).rejects.toMatchObject({ kind: 'internal' });
  expect(await thread.encode({ text: 'live' })).toEqual(Int32Array.of(7));
});
