import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as ort from 'onnxruntime-node';
import fc from 'fast-check';
import { type PaddedHead, paddedFeeds, paddedGraph } from '../../bench/ladder/padded-graph.ts';
import { stockFeeds, stockGraph } from '../../bench/ladder/stock-graph.ts';
import { toTensors } from '../../bench/ladder/variants.ts';
import { parseShape, splitRuns, unshare } from '../../bench/ladder/work.ts';
import { packedTokens } from '../../src/batch/pack-batch.ts';
import { tokenPart } from '../../src/batch/packed-batch.ts';
import type { Family } from '../../src/model/manifest.ts';
import { type OnnxModel, parseModel } from '../../src/toolchain/graph/onnx/model-proto.ts';
import { writeGraph } from '../../src/toolchain/graph/rank-graph.ts';
import { sessionSettings } from '../../src/engine/session.ts';
import { largestDifference, openTinySession, scoreParts } from '../support/models/score-parts.ts';
import { buildTinyModel, tinyLabelIds, type TinyModel } from '../support/models/tiny-model.ts';

describe('the ladder', () => {
  const models = new Map<Family, TinyModel>();
  beforeAll(async () => {
    for (const family of ['llama', 'qwen2', 'qwen3'] as const) {
      models.set(family, await buildTinyModel(family));
    }
  });
  afterAll(() => Promise.all([...models.values()].map(({ dir }) => rm(dir, { recursive: true }))));

  const { part } = parseShape('7+3x9', 96);
  const rows = [...unshare(part).suffixes, Int32Array.of(1, 2, 3)];
  const length = Math.max(...rows.map((row) => row.length));

  function tinyModel(family: Family): TinyModel {
    const model = models.get(family);
    if (model === undefined) {
      throw new Error(`no tiny ${family}`);
    }
    return model;
  }

  async function graphOf(model: TinyModel, kind: 'stock' | PaddedHead): Promise<OnnxModel> {
    const built = parseModel(await readFile(join(model.dir, model.graph.file)));
    return kind === 'stock'
      ? stockGraph(model.blueprint, built.initializers)
      : paddedGraph(model.blueprint, kind, built.initializers);
  }

  async function runPadded(model: TinyModel, kind: 'stock' | PaddedHead): Promise<Float32Array> {
    await writeGraph(await graphOf(model, kind), model.dir, `${kind}.onnx`);
    const session = await ort.InferenceSession.create(
      join(model.dir, `${kind}.onnx`),
      sessionSettings({ provider: 'cpu', deviceId: 0, threads: 1 }),
    );
    const feeds = kind === 'stock' ? stockFeeds(rows) : paddedFeeds(rows, kind);
    const { logits } = await session.run(toTensors(feeds));
    await session.release();
    return logits?.data as Float32Array;
  }

  /** Of each pair's last token, the logits of these ids. */
  function lastLogits(logits: Float32Array, vocabulary: number, ids: readonly number[]) {
    return rows.map((row, pair) =>
      ids.map((id) => logits[(pair * length + row.length - 1) * vocabulary + id] ?? NaN),
    );
  }

  it.each(['llama', 'qwen3'] as const)(
    'does the same work in every step: the scores agree (%s)',
    async (family) => {
      const model = tinyModel(family);
      const session = await openTinySession(model);
      const packed = await scoreParts(session, [
        part,
        { prefix: new Int32Array(), suffixes: rows.slice(3) },
      ]);
      await session.close();
      const { vocabulary } = model.blueprint;
      const ours = lastLogits(await runPadded(model, 'vocabulary'), vocabulary, tinyLabelIds);
      const stock = lastLogits(await runPadded(model, 'stock'), vocabulary, tinyLabelIds);
      const labels = await runPadded(model, 'labels');
      expect(largestDifference([[...labels]], [packed.flat()])).toBeLessThan(1e-5);
      expect(largestDifference(ours, packed)).toBeLessThan(1e-5);
      expect(largestDifference(stock, packed)).toBeLessThan(1e-4);
      expect(largestDifference(stock, ours)).toBeLessThan(1e-4);
    },
  );

  // The packed graph holds two rows of a head that is not tied, so the padded graphs are compared with each other.
  it("gives a pair's logits of the whole vocabulary alike in a and a' (qwen2, with biases)", async () => {
    const model = tinyModel('qwen2');
    const { vocabulary } = model.blueprint;
    const all = Array.from({ length: vocabulary }, (_, id) => id);
    const ours = lastLogits(await runPadded(model, 'vocabulary'), vocabulary, all);
    const stock = lastLogits(await runPadded(model, 'stock'), vocabulary, all);
    expect(largestDifference(stock, ours)).toBeLessThan(1e-4);
  });

  it('starts from plain operators and nothing fused', async () => {
    const { nodes, opsets } = await graphOf(tinyModel('qwen3'), 'stock');
    expect(opsets).toEqual({ '': 18 });
    expect([...new Set(nodes.map(({ domain }) => domain))]).toEqual(['']);
    expect(
      nodes.map(({ op }) => op).filter((op) => /Normalization|Attention|Rotary|Gelu/.test(op)),
    ).toEqual([]);
  });

  it('cuts work into runs within the budget and loses no candidate', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 30 }),
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 95, max: 300 }),
        (prefix, lengths, budget) => {
          const suffixes = lengths.map((length, i) => new Int32Array(length).fill(i));
          const runs = splitRuns({ prefix: new Int32Array(prefix), suffixes }, budget);
          expect(runs.every((run) => packedTokens([tokenPart(run)]) <= budget)).toBe(true);
          const candidates = runs.flatMap((run) => run.suffixes).map(([first]) => first ?? NaN);
          expect(candidates.sort((a, b) => a - b)).toEqual(lengths.map((_, i) => i));
        },
      ),
    );
  });

  it('says how a shape reads', () => {
    expect(() => parseShape('40x16', 96)).toThrow(
      "shape '40x16'; a shape reads PREFIX+COUNTxLENGTH",
    );
  });
});
