import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as ort from 'onnxruntime-node';
import fc from 'fast-check';
import { type StockHead, stockFeeds, stockGraph } from '../../bench/ladder/stock-graph.ts';
import { toTensors } from '../../bench/ladder/variants.ts';
import { parseShape, splitRuns, unshare } from '../../bench/ladder/work.ts';
import { packedTokens } from '../../src/schedule/pack-batch.ts';
import { parseModel } from '../../src/toolchain/onnx/model-proto.ts';
import { writeGraph } from '../../src/toolchain/rank-graph.ts';
import { sessionSettings } from '../../workers/session.ts';
import { largestDifference, openTinySession, scoreParts } from '../support/score-parts.ts';
import { buildTinyModel, tinyLabelIds, type TinyModel } from '../support/tiny-model.ts';

describe('the ladder', () => {
  let model: TinyModel;
  beforeAll(async () => {
    model = await buildTinyModel('llama');
  });
  afterAll(() => rm(model.dir, { recursive: true }));

  const { part } = parseShape('7+3x9', 96);
  const rows = [...unshare(part).suffixes, Int32Array.of(1, 2, 3)];

  async function runStock(head: StockHead): Promise<Float32Array> {
    const built = parseModel(await readFile(join(model.dir, model.graph.file)));
    const graph = stockGraph(model.blueprint, head, built.initializers);
    await writeGraph(graph, model.dir, `${head}.onnx`);
    const session = await ort.InferenceSession.create(
      join(model.dir, `${head}.onnx`),
      sessionSettings({ provider: 'cpu', deviceId: 0, threads: 1 }),
    );
    const { logits } = await session.run(toTensors(stockFeeds(rows, head)));
    await session.release();
    return logits?.data as Float32Array;
  }

  it('does the same work in every step: the scores agree', async () => {
    const session = await openTinySession(model);
    const packed = await scoreParts(session, [
      part,
      { prefix: new Int32Array(), suffixes: rows.slice(3) },
    ]);
    await session.close();
    const labels = await runStock('labels');
    const vocabulary = await runStock('vocabulary');
    const length = Math.max(...rows.map((row) => row.length));
    const fromVocabulary = rows.map((row, pair) =>
      tinyLabelIds.map(
        (id) =>
          vocabulary[(pair * length + row.length - 1) * model.blueprint.vocabulary + id] ?? NaN,
      ),
    );
    expect(largestDifference([[...labels]], [packed.flat()])).toBeLessThan(1e-5);
    expect(largestDifference(fromVocabulary, packed)).toBeLessThan(1e-5);
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
          expect(runs.every((run) => packedTokens([run]) <= budget)).toBe(true);
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
