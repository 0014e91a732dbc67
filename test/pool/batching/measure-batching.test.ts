import { expect, test } from '@jest/globals';
import type { PackedBatch } from '../../../src/batch/packed-batch.ts';
import { measureBatching } from '../../../src/pool/batching/measure-batching.ts';
import type { DeviceThread, ThreadReply } from '../../../src/pool/threads/device-thread.ts';
import type { InferMessage } from '../../../src/pool/threads/messages.ts';

const bounds = { tokenBudgets: [100, 200, 400], replicas: [2, 3] };

/** A batch of as many tokens as the budget; nothing else of it is read. */
const pack = (tokenBudget: number) => ({ tokens: tokenBudget }) as PackedBatch;

/** A GPU whose threads answer by `reply`, given the number of threads that have loaded. */
function fakeGpu(reply: (message: InferMessage, loaded: number) => ThreadReply) {
  const counts = { loaded: 0, closed: 0 };
  const openThread = (): DeviceThread => ({
    ask: (message) => {
      const answer = reply(message, counts.loaded);
      counts.loaded += answer.kind === 'loaded' ? 1 : 0;
      return Promise.resolve(answer);
    },
    close: () => {
      counts.closed += 1;
      return Promise.resolve();
    },
    discard: () => Promise.resolve(),
  });
  return { counts, openThread };
}

const noMemory: ThreadReply = { kind: 'failed', message: 'no memory', fault: 'memory' };
const noLogits = new Float32Array();

/** A run takes a millisecond for ten tokens and a loaded replica. */
function runOrLoad(message: InferMessage, loaded: number): ThreadReply {
  return message.kind === 'run'
    ? { kind: 'ran', logits: noLogits, runMs: (message.batch.tokens / 10) * loaded }
    : { kind: 'loaded' };
}

const signal = new AbortController().signal;

test('every budget runs on every number of replicas, until a run takes too long', async () => {
  const { counts, openThread } = fakeGpu(runOrLoad);
  const { measured, problem } = await measureBatching(bounds, { openThread, pack, signal });
  expect(measured).toEqual([
    { replicas: 2, tokenBudget: 100, packedTokens: 100, runMs: 20 },
    { replicas: 2, tokenBudget: 200, packedTokens: 200, runMs: 40 },
    { replicas: 2, tokenBudget: 400, packedTokens: 400, runMs: 80 },
    { replicas: 3, tokenBudget: 100, packedTokens: 100, runMs: 30 },
    { replicas: 3, tokenBudget: 200, packedTokens: 200, runMs: 60 },
    { replicas: 3, tokenBudget: 400, packedTokens: 400, runMs: 120 },
  ]);
  expect(problem).toBeUndefined();
  expect(counts).toEqual({ loaded: 3, closed: 3 });
});

test('a budget above a run that took too long is left out', async () => {
  const { openThread } = fakeGpu(runOrLoad);
  const large = { tokenBudgets: [600, 1_200], replicas: [2] };
  const { measured } = await measureBatching(large, { openThread, pack, signal });
  expect(measured.map(({ tokenBudget, runMs }) => [tokenBudget, runMs])).toEqual([[600, 120]]);
});

test('as many replicas are measured as fit', async () => {
  const { counts, openThread } = fakeGpu((message, loaded) =>
    message.kind === 'load' && loaded === 1 ? noMemory : runOrLoad(message, loaded),
  );
  const { measured, problem } = await measureBatching(bounds, { openThread, pack, signal });
  expect(measured.map(({ replicas }) => replicas)).toEqual([1, 1, 1]);
  expect(problem).toBe('no memory');
  expect(counts).toEqual({ loaded: 1, closed: 2 });
});

test('a batch without memory ends the measuring, and what is known stays', async () => {
  const { counts, openThread } = fakeGpu((message, loaded) =>
    message.kind === 'run' && message.batch.tokens === 200 ? noMemory : runOrLoad(message, loaded),
  );
  const { measured, problem } = await measureBatching(bounds, { openThread, pack, signal });
  expect(measured.map(({ tokenBudget }) => tokenBudget)).toEqual([100]);
  expect(problem).toBe('no memory');
  expect(counts).toEqual({ loaded: 2, closed: 2 });
});

test('a thread that is lost is named, and the others are closed', async () => {
  const { counts, openThread } = fakeGpu((message, loaded) =>
    message.kind === 'run' ? { kind: 'gone', message: 'it exited' } : runOrLoad(message, loaded),
  );
  expect(await measureBatching(bounds, { openThread, pack, signal })).toEqual({
    measured: [],
    problem: 'it exited',
  });
  expect(counts.closed).toBe(2);
});

test('it stops between batches', async () => {
  const stop = new AbortController();
  const { counts, openThread } = fakeGpu((message, loaded) => {
    if (message.kind === 'run') {
      stop.abort();
    }
    return runOrLoad(message, loaded);
  });
  const options = { openThread, pack, signal: stop.signal };
  const { measured, problem } = await measureBatching(bounds, options);
  expect(measured).toHaveLength(1);
  expect(problem).toBe('it was stopped');
  expect(counts.closed).toBe(counts.loaded);
});
