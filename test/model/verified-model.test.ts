import { expect, test } from '@jest/globals';
import { verifyModel } from '../../src/model/verified-model.ts';
import { FakeClock, settle } from '../support/fakes/clock.ts';
import { buildHfTiny } from '../support/checkpoints/hf-tiny.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const limits = { stallMs: 30, totalMs: 100 };
const never = () => new Promise<never>(() => undefined);

test('a complete model is returned with the stamps of its files', async () => {
  const dir = temporaryFolder();
  const built = await buildHfTiny('llama', dir);
  const { manifest, files } = await verifyModel(dir, new FakeClock());
  expect(manifest).toEqual(built);
  expect(Object.keys(files)).toEqual([
    'graph.onnx',
    'graph-cuda.onnx',
    'weights.bin',
    'tokenizer.json',
  ]);
});

test('a read from an unresponsive disk is abandoned', async () => {
  const clock = new FakeClock();
  const found = verifyModel('/dead', clock, limits, never);
  found.catch(() => undefined);
  await clock.advance(30);
  await expect(found).rejects.toMatchObject({
    kind: 'unavailable',
    reason: 'FOLDER_HANGS',
    message: '/dead did not answer within 30 ms',
  });
});

test('a slow disk has the total time, as long as it keeps reading', async () => {
  const clock = new FakeClock();
  let isAborted = () => false;
  const found = verifyModel('/slow', clock, limits, async (_folder, { signal, onRead }) => {
    isAborted = () => signal.aborted;
    for (;;) {
      await new Promise<void>((resolve) => clock.at(clock.nowMs() + 20, resolve));
      onRead();
    }
  });
  found.catch(() => undefined);
  for (let ms = 0; ms < 80; ms += 20) {
    await clock.advance(20);
    await settle();
  }
  expect(isAborted()).toBe(false);
  await clock.advance(20);
  await expect(found).rejects.toThrow('/slow did not answer within 100 ms');
  expect(isAborted()).toBe(true);
});
