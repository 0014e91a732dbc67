import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { openDeviceThread } from '../../../src/pool/threads/device-thread.ts';
import type { InferWorkerData } from '../../../src/pool/threads/messages.ts';
import { findWorker } from '../../../src/pool/threads/worker-entry.ts';

const slot = { name: 'cpu#0', provider: 'cpu', deviceId: 0, threads: 1 } as const;
/** Opens a thread that is never asked to load. */
const workerData = { modelDir: '', manifest: {}, slot } as unknown as InferWorkerData;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const open = (onGone: (message: string) => void) =>
  openDeviceThread(findWorker('infer'), workerData, onGone);

/** A function of its own, so that no variable of the test keeps the thread in memory. */
async function openAndClose(): Promise<WeakRef<object>> {
  const onGone = () => undefined;
  const thread = open(onGone);
  await thread.ask({ kind: 'unload' });
  await thread.close();
  return new WeakRef(onGone);
}

test('a closed thread does not keep its replica in memory', async () => {
  const kept = await openAndClose();
  // A first collection may run before the thread's last message is released.
  for (let round = 0; round < 50 && kept.deref() !== undefined; round += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
  }
  expect(kept.deref()).toBeUndefined();
});

test('messages before a discard are answered, and later ones are not', async () => {
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
