import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Manifest } from '../../src/model/manifest.ts';
import { packBatch } from '../../src/batch/pack/pack-batch.ts';
import { tokenPart } from '../../src/batch/packed-batch.ts';
import { openSession } from '../../src/engine/session.ts';
import { openTinySession } from '../support/models/score-parts.ts';
import { buildTinyModel, type TinyModel } from '../support/models/tiny-model.ts';

describe('a session', () => {
  let model: TinyModel;
  beforeAll(async () => {
    model = await buildTinyModel('llama');
  });
  afterAll(() => rm(model.dir, { recursive: true }));

  const options = () => ({
    modelDir: model.dir,
    manifest: { name: 'tiny', graphs: model.graphs } as Manifest,
    deviceId: 0,
    threads: 1,
  });

  it('refuses CUDA where there is none, instead of falling back to the CPU', async () => {
    await expect(openSession({ ...options(), provider: 'cuda' })).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/graph\.onnx on cuda:0: /),
    });
  });

  it('refuses an int8 model on CUDA, where its products would run on the CPU', async () => {
    const { cpu } = model.graphs;
    const manifest = { ...options().manifest, precision: 'int8', graphs: { cpu } } as const;
    await expect(openSession({ ...options(), manifest, provider: 'cuda' })).rejects.toThrow(
      'tiny is built in int8, for CPUs; slmrank model build --precision fp16 builds it for CUDA',
    );
  });

  it('says which file it could not open', async () => {
    await expect(
      openSession({ ...options(), modelDir: `${model.dir}/none`, provider: 'cpu' }),
    ).rejects.toThrow(/cannot open .*none\/graph\.onnx on cpu: /);
  });

  it('gives logits that the caller owns, the same every time', async () => {
    const session = await openTinySession(model);
    const batch = packBatch(
      [
        tokenPart({
          prefix: Int32Array.of(1, 2, 3),
          suffixes: [Int32Array.of(4, 5), Int32Array.of(6)],
        }),
      ],
      model.graph,
    );
    const first = await session.run(batch);
    const second = await session.run(batch);
    await session.close();
    expect(first).toHaveLength(4);
    expect(first.buffer.byteLength).toBe(16);
    expect([...second]).toEqual([...first]);
    expect(second.buffer).not.toBe(first.buffer);
  });

  it('refuses a token beyond the vocabulary with an error, not a score', async () => {
    const session = await openTinySession(model);
    const batch = packBatch(
      [
        tokenPart({
          prefix: Int32Array.of(1),
          suffixes: [Int32Array.of(model.blueprint.vocabulary)],
        }),
      ],
      model.graph,
    );
    await expect(session.run(batch)).rejects.toThrow(/indices element out of data bounds/);
    await session.close();
  });
});
