import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import { packBatch } from '../../../src/batch/pack/pack-batch.ts';
import { tokenPart } from '../../../src/batch/packed-batch.ts';
import { buildModel } from '../../../src/toolchain/build/build-model.ts';
import type { Checkpoint } from '../../../src/toolchain/files/checkpoint.ts';
import { openCheckpoint } from '../../../src/toolchain/checkpoint/open-checkpoint.ts';
import { type PruneOptions, pruneModel } from '../../../src/toolchain/prune/prune-model.ts';
import { formatReport } from '../../../src/toolchain/prune/prune-report.ts';
import { openSession } from '../../../src/engine/session.ts';
import { tinyBuildOptions, tinyPath } from '../../support/checkpoints/hf-tiny.ts';
import { tinyPruneOptions, writeFolder } from '../../support/checkpoints/prune-set-up.ts';
import { loadReference } from '../../support/models/reference-forward.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { randomCheckpoint, tinyBlueprint } from '../../support/models/tiny-model.ts';

const ids = Int32Array.from({ length: 40 }, (_, i) => (i * 37) % 250);

/** The logits of the built model of a folder, and those of the reference in plain loops. */
async function answers(folder: string, options: PruneOptions) {
  const manifest = await buildModel({
    ...tinyBuildOptions('llama', `${folder}-built`),
    from: folder,
    template: options.calibration.templates[0],
  });
  const session = await openSession({
    modelDir: `${folder}-built`,
    manifest,
    provider: 'cpu',
    deviceId: 0,
    threads: 1,
  });
  const served = await session.run(
    packBatch(
      [tokenPart({ prefix: ids.slice(0, 9), suffixes: [ids.slice(9)] })],
      manifest.graphs.cpu.score,
    ),
  );
  await session.close();
  const checkpoint = await openCheckpoint(folder);
  const reference = await loadReference(checkpoint, [
    manifest.labels.yes.id,
    manifest.labels.no.id,
  ]);
  await checkpoint.close();
  return { served: [...served], straight: reference.logits(ids), manifest };
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  return Math.max(...b.map((value, i) => Math.abs(value - at(a, i))));
}

describe('a pruned checkpoint', () => {
  it.each(['llama', 'llama-untied-sharded-bf16', 'qwen2', 'qwen3', 'qwen3-untied-fp16'])(
    'of %s opens, builds, and scores like the reference',
    async (name) => {
      const dir = temporaryFolder();
      const before = await openCheckpoint(tinyPath(name));
      await before.close();
      const { heads, kvHeads, mlpWidth } = before.blueprint;
      const kvGroupsDrop = kvHeads > 1 ? 1 : 0;
      const options = { ...tinyPruneOptions(dir, tinyPath(name)), mlpKeep: 0.5, kvGroupsDrop };
      const report = await pruneModel(options);
      const { served, straight, manifest } = await answers(options.to, options);
      expect(largestDifference(served, straight)).toBeLessThan(1e-3);
      expect(manifest.blueprint).toMatchObject({
        ...before.blueprint,
        heads: (heads / kvHeads) * (kvHeads - kvGroupsDrop),
        kvHeads: kvHeads - kvGroupsDrop,
        mlpWidth: mlpWidth / 2,
      });
      expect(manifest.parameters).toBe(report.parameters.after);
      const halves = report.layers.flatMap(({ attention, mlp }) => [attention, mlp]);
      const cut = halves.filter((half) => half !== undefined);
      expect(cut).toHaveLength(before.blueprint.layers * (1 + kvGroupsDrop));
      expect(cut.filter(({ solved, removed }) => !(solved < removed))).toEqual([]);
    },
  );

  it('has the original tensors where nothing was pruned, and a report', async () => {
    const dir = temporaryFolder();
    const options = { ...tinyPruneOptions(dir, tinyPath('llama')), dropLayers: 1 };
    const report = await pruneModel(options);
    const before = await openCheckpoint(options.from);
    const after = await openCheckpoint(options.to);
    expect(after.blueprint).toEqual({ ...before.blueprint, layers: 1 });
    for (const name of after.shapes.keys()) {
      expect(await after.readTensor(name)).toEqual(await before.readTensor(name));
    }
    expect(JSON.parse(readFileSync(join(options.to, 'prune-report.json'), 'utf8'))).toEqual(report);
    expect(report.dropped).toEqual({ way: 'last', layers: [1], measured: [] });
    expect(report.drift?.layersDropped.divergence).toBeGreaterThan(0);
    expect(report.drift?.pruned).toEqual(report.drift?.layersDropped);
    await before.close();
    await after.close();
  });

  it('can be made from a GGUF file, with its tokenizer', async () => {
    const dir = temporaryFolder();
    const options = { ...tinyPruneOptions(dir, tinyPath('qwen3-q4_0.gguf')), mlpKeep: 0.5 };
    await pruneModel(options);
    const { served, straight } = await answers(options.to, options);
    expect(largestDifference(served, straight)).toBeLessThan(1e-3);
  });

  it('keeps its answers when half of the neurons are copies of the others', async () => {
    const dir = temporaryFolder();
    const made = await writeFolder(copiedNeurons(), dir);
    const options = { ...tinyPruneOptions(dir, made), mlpKeep: 0.5 };
    const { layers, drift } = await pruneModel(options);
    for (const { mlp } of layers) {
      expect(mlp?.removed).toBeGreaterThan(0.1);
      // Damping towards the old weights leaves a small error.
      expect(mlp?.solved).toBeLessThan(2e-3);
    }
    expect(drift?.pruned.divergence).toBeLessThan(1e-3);
  });

  it('drops a layer without effect first, by importance', async () => {
    const dir = temporaryFolder();
    const made = await writeFolder(idleLayer(1), dir);
    const options = { ...tinyPruneOptions(dir, made), dropLayers: 1, drop: 'importance' as const };
    const { dropped, drift } = await pruneModel(options);
    expect(dropped.layers).toEqual([1]);
    expect(dropped.measured.map(({ layer }) => layer)).toEqual([1]);
    expect(dropped.measured[0]?.influence).toBeCloseTo(0, 6);
    expect(drift?.pruned.divergence).toBeLessThan(1e-9);
  });

  it('is the same for the same seed, and another for another seed', async () => {
    const dir = temporaryFolder();
    const options = { ...tinyPruneOptions(dir, tinyPath('llama')), mlpKeep: 0.5 };
    const weights = async (seed: number) => {
      const calibration = { ...options.calibration, tokens: 1000, seed };
      await pruneModel({ ...options, calibration });
      return readFileSync(join(options.to, 'model.safetensors'));
    };
    const first = await weights(1);
    expect((await weights(1)).equals(first)).toBe(true);
    expect((await weights(2)).equals(first)).toBe(false);
  });

  it('is described by a one-page report', async () => {
    const dir = temporaryFolder();
    const options = { ...tinyPruneOptions(dir, tinyPath('llama')), mlpKeep: 0.5 };
    const progress: string[] = [];
    const report = await pruneModel({
      ...options,
      onProgress: (done, total) => progress.push(`${done}/${total}`),
    });
    expect(formatReport(report)).toMatch(
      /layer {2}half.*\n0 {7}mlp {2}32\/64 .*\n1 {7}mlp {2}32\/64 .*\n\nparameters {4}27,808 -> 21,664 \(22\.1 % fewer\)/,
    );
    expect(progress.at(-1)).toBe(`${progress.length - 1}/${progress.length - 1}`);
  });
});

describe('pruning refuses', () => {
  it.each([
    [{ dropLayers: 2 }, 'the layers to drop: found 2; allowed: a whole number from 0 to 1'],
    [{ kvGroupsDrop: 2 }, 'the key heads to drop: found 2; allowed: a whole number from 0 to 1'],
    [{ mlpKeep: 0 }, 'the share of neurons to keep: found 0; allowed: above 0, at most 1'],
  ])('%j', async (wrong, message) => {
    const dir = temporaryFolder();
    const options = { ...tinyPruneOptions(dir, tinyPath('llama')), ...wrong };
    await expect(pruneModel(options)).rejects.toThrow(message);
  });

  it('fewer tokens than one row has', async () => {
    const options = tinyPruneOptions(temporaryFolder(), tinyPath('llama'));
    const calibration = { ...options.calibration, tokens: 5 };
    await expect(pruneModel({ ...options, calibration })).rejects.toThrow(
      'lines.jsonl has 40 lines; no row fits within 5 tokens',
    );
  });

  it('a number of heads that transformers refuses', async () => {
    const dir = temporaryFolder();
    const blueprint = {
      ...tinyBlueprint('llama'),
      vocabulary: 288,
      heads: 12,
      kvHeads: 4,
      headDim: 4,
    };
    const made = await writeFolder(randomCheckpoint({ ...blueprint, width: 50 }), dir);
    const options = { ...tinyPruneOptions(dir, made), kvGroupsDrop: 1 };
    await expect(pruneModel(options)).rejects.toThrow(
      'the heads kept: found 9; allowed: a divisor of the width, 50',
    );
  });
});

/** A random checkpoint whose tensors are changed when they are read. */
function changed(change: (name: string, values: Float32Array) => Float32Array): Checkpoint {
  const checkpoint = randomCheckpoint({ ...tinyBlueprint('llama'), vocabulary: 288 });
  return {
    ...checkpoint,
    readTensor: async (name) => change(name, await checkpoint.readTensor(name)),
  };
}

/** Neuron 2i + 1 has the input weights of neuron 2i. */
function copiedNeurons(): Checkpoint {
  const { width } = tinyBlueprint('llama');
  return changed((name, values) =>
    /(gate|up)_proj/.test(name)
      ? values.map((_, i) => {
          const [row, column] = [Math.floor(i / width), i % width];
          return at(values, (row - (row % 2)) * width + column);
        })
      : values,
  );
}

function idleLayer(layer: number): Checkpoint {
  return changed((name, values) =>
    name.startsWith(`model.layers.${layer}.`) && /(o|down)_proj/.test(name)
      ? values.map(() => 0)
      : values,
  );
}
