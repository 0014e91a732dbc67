import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { openDeviceThread } from '../../../src/pool/threads/device-thread.ts';
import type { InferWorkerData } from '../../../src/pool/threads/messages.ts';
import { findWorker } from '../../../src/pool/threads/worker-entry.ts';

const slot = { name: 'cpu#0', provider: 'cpu', deviceId: 0, threads: 1 } as const;
/** Loads nothing: it is never told to. */
const workerData = { modelDir: '', manifest: {}, slot } as unknown as InferWorkerData;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const open = (onGone: (message: string) => void) =>
  openDeviceThread(findWorker('infer'), workerData, onGone);

/** In a function of its own, so that no variable keeps what it made. */
async function openAndClose(): Promise<WeakRef<object>> {
  const onGone = () => undefined;
  const thread = open(onGone);
  await thread.ask({ kind: 'unload' });
  await thread.close();
  return new WeakRef(onGone);
}

test('a closed thread keeps nothing of its replica in memory', async () => {
  const kept = await openAndClose();
  // A collection may come before the last of the thread's messages has been let go.
  for (let round = 0; round < 50 && kept.deref() !== undefined; round += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
  }
  expect(kept.deref()).toBeUndefined();
});

test('what was asked before a thread is discarded is still answered, and nothing after', async () => {
  const news: string[] = [];
  const thread = open((message) => news.push(message));
  const before = thread.ask({ kind: 'unload' });
  const discarded = thread.discard();
  const after = await thread.ask({ kind: 'unload' });
  await discarded;
  expect((await before).kind).toBe('unloaded');
  expect(after).toEqual({ kind: 'gone', message: 'its thread is closed' });
  expect(news).toEqual([]);
});
