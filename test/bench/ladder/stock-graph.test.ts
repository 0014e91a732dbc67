import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as ort from 'onnxruntime-node';
import { type PaddedHead, paddedFeeds, paddedGraph } from '../../../bench/ladder/padded-graph.ts';
import { stockFeeds, stockGraph } from '../../../bench/ladder/stock-graph.ts';
import { toTensors } from '../../../bench/ladder/variants.ts';
import { parseShape, unshare } from '../../../bench/ladder/work.ts';
import { at } from '../../../src/base/at.ts';
import type { Family } from '../../../src/model/manifest.ts';
import { type OnnxModel, parseModel } from '../../../src/toolchain/graph/onnx/model-proto.ts';
import { writeGraph } from '../../../src/toolchain/graph/rank-graph.ts';
import { sessionSettings } from '../../../src/engine/session.ts';
import {
  largestDifference,
  openTinySession,
  scoreParts,
} from '../../support/models/score-parts.ts';
import { buildTinyModel, tinyLabelIds, type TinyModel } from '../../support/models/tiny-model.ts';

describe('the graphs of the ladder', () => {
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
      throw new Error(`the tiny ${family} was not built`);
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

  /** The logits of these ids at the last token of each pair. */
  function lastLogits(logits: Float32Array, vocabulary: number, ids: readonly number[]) {
    return rows.map((row, pair) =>
      ids.map((id) => at(logits, (pair * length + row.length - 1) * vocabulary + id)),
    );
  }

  it.each(['llama', 'qwen3'] as const)('give equal scores (%s)', async (family) => {
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
  });

  // With an untied head the packed graph has only the label rows, so two padded graphs are
  // compared.
  it("give equal logits of the whole vocabulary in a and a' (qwen2, with biases)", async () => {
    const model = tinyModel('qwen2');
    const { vocabulary } = model.blueprint;
    const all = Array.from({ length: vocabulary }, (_, id) => id);
    const ours = lastLogits(await runPadded(model, 'vocabulary'), vocabulary, all);
    const stock = lastLogits(await runPadded(model, 'stock'), vocabulary, all);
    expect(largestDifference(stock, ours)).toBeLessThan(1e-4);
  });

  it('have only plain operators in the stock export', async () => {
    const { nodes, opsets } = await graphOf(tinyModel('qwen3'), 'stock');
    expect(opsets).toEqual({ '': 18 });
    expect([...new Set(nodes.map(({ domain }) => domain))]).toEqual(['']);
    expect(
      nodes.map(({ op }) => op).filter((op) => /Normalization|Attention|Rotary|Gelu/.test(op)),
    ).toEqual([]);
  });
});
