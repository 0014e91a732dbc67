import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import type { Family } from '../../../src/model/manifest.ts';
import { CheckpointError } from '../../../src/toolchain/files/checkpoint.ts';
import { GraphBuilder } from '../../../src/toolchain/graph/onnx/graph-builder.ts';
import { encodeModel, parseModel } from '../../../src/toolchain/graph/onnx/model-proto.ts';
import { opsets } from '../../../src/toolchain/graph/blocks.ts';
import { linear, prepare } from '../../../src/toolchain/graph/linear.ts';
import { weightNames } from '../../../src/toolchain/graph/weights.ts';
import { buildRankGraph } from '../../../src/toolchain/graph/rank-graph.ts';
import { openGraph, type RankSession } from '../../../src/engine/session.ts';
import {
  largestDifference,
  openTinySession,
  scoreParts,
} from '../../support/models/score-parts.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import {
  buildTinyModel,
  createRandom,
  randomCheckpoint,
  tinyBlueprint,
  tinyLabelIds,
  type TinyModel,
} from '../../support/models/tiny-model.ts';
import { graphPlans } from '../../../src/toolchain/graph/graph-plans.ts';

const random = createRandom(9);
const text = (length: number) => Int32Array.from({ length }, () => Math.floor(random() * 96));
const parts = [{ prefix: text(12), suffixes: [text(9), text(1), text(30), text(17)] }];

/** One int8 linear of weights [in, out], all scales 1. */
async function openLinear(weights: Int8Array, inputs: number) {
  const outputs = weights.length / inputs;
  const graph = new GraphBuilder([
    {
      name: 'w',
      type: 'int8',
      dims: [inputs, outputs],
      data: { kind: 'inline', bytes: new Uint8Array(weights.buffer) },
    },
    {
      name: weightNames.scales('w'),
      type: 'float32',
      dims: [outputs],
      data: {
        kind: 'inline',
        bytes: new Uint8Array(new Float32Array(outputs).fill(1).buffer),
      },
    },
  ]);
  const context = { graph, int8Weights: new Set(['w']) };
  const x = graph.input('x', 'float32', ['T', inputs]);
  graph.nodeInto(['y'], 'Identity', [linear(context, prepare(context, x, 'w'), 'w')]);
  graph.output('y', 'float32', ['T', outputs]);
  return openGraph(encodeModel(graph.model('linear', opsets)), 1);
}

/** Rows of integers. Each has a 127 or a -127, so its scale is 1. [T, in] */
const rows: Record<string, (i: number, row: number) => number> = {
  'all at the top': () => 127,
  'all at the bottom': () => -127,
  'top and bottom in turn': (i) => (i % 2 === 0 ? 127 : -127),
  'of any size': (i, row) => (i === row ? 127 : Math.floor(255 * random()) - 127),
};

/** Pairs at the limit: equal and opposite signs, equal and unequal sizes. */
const channels: ((i: number) => number)[] = [
  () => 64,
  () => -64,
  (i) => (i % 2 === 0 ? 127 : 1),
  (i) => (i % 2 === 0 ? -1 : -127),
  (i) => (i % 2 === 0 ? 127 : -127),
  (i) => (i % 4 < 2 ? 64 : -64),
  () => Math.floor(129 * random()) - 64,
];

describe('an int8 linear', () => {
  it.each(Object.keys(rows))('multiplies exactly like integers: rows %s', async (name) => {
    for (const inputs of [3, 64, 576, 1536]) {
      const weights = Int8Array.from({ length: inputs * channels.length }, (_, i) =>
        at(channels, i % channels.length)(Math.floor(i / channels.length)),
      );
      const tokens = 5;
      const x = Float32Array.from(
        { length: tokens * inputs },
        (_, i) => rows[name]?.(i % inputs, Math.floor(i / inputs) % inputs) ?? 0,
      );
      const session = await openLinear(weights, inputs);
      const { y } = await session.run({ x: { data: x, dims: [tokens, inputs] } });
      await session.close();
      // A scale of 127 x fround(1 / 127) is 1 within a bit; the integers are below 2^25.
      const exact = Float32Array.from({ length: tokens * channels.length }, (_, place) => {
        const row = Math.floor(place / channels.length);
        let sum = 0;
        for (let i = 0; i < inputs; i++) {
          const weight = at(weights, i * channels.length + (place % channels.length));
          sum += at(x, row * inputs + i) * weight;
        }
        return sum;
      });
      const worst = Math.max(...exact.map((sum, i) => Math.abs(sum - (y?.at(i) ?? NaN))));
      expect(worst).toBeLessThanOrEqual(2 ** -22 * Math.max(...exact.map(Math.abs)));
    }
  });

  it('reads a row of zeros as zeros', async () => {
    const session = await openLinear(Int8Array.of(1, 2, 3, 4), 2);
    const { y } = await session.run({ x: { data: Float32Array.of(0, 0, 1, 0), dims: [2, 2] } });
    await session.close();
    expect([...(y ?? [])].slice(0, 2).map(Math.abs)).toEqual([0, 0]);
    expect(y?.[3]).toBeCloseTo(2);
  });
});

describe.each<Family>(['llama', 'qwen2', 'qwen3'])('the int8 graph of a %s model', (family) => {
  let model: TinyModel;
  let session: RankSession;

  beforeAll(async () => {
    model = await buildTinyModel(family, { precision: 'int8' });
    session = await openTinySession(model);
  });
  afterAll(async () => {
    await session.close();
    await rm(model.dir, { recursive: true });
  });

  it('scores near the fp32 graph, but not equally', async () => {
    const full = await buildTinyModel(family);
    const reference = await openTinySession(full);
    const expected = await scoreParts(reference, parts);
    await reference.close();
    await rm(full.dir, { recursive: true });
    const difference = largestDifference(await scoreParts(session, parts), expected);
    expect(difference).toBeLessThan(0.4);
    expect(difference).toBeGreaterThan(1e-3);
  });

  it('gives a candidate the same bits beside any equally long neighbours', async () => {
    const [part = { prefix: text(1), suffixes: [] }] = parts;
    const scores = await scoreParts(session, parts);
    const turned = await scoreParts(session, [
      { prefix: part.prefix, suffixes: part.suffixes.toReversed() },
    ]);
    expect(turned.toReversed()).toEqual(scores);
    const others = part.suffixes.map((suffix, i) => (i === 2 ? suffix : text(suffix.length)));
    const among = await scoreParts(session, [{ prefix: part.prefix, suffixes: others }]);
    expect(among[2]).toEqual(scores[2]);
  });

  it('stores linears and the embedding as int8, the rest as fp32', async () => {
    const { initializers } = parseModel(await readFile(join(model.dir, model.graph.file)));
    const typeOf = (name: string) => initializers.find((each) => each.name === name)?.type;
    const names = weightNames.layer(1);
    const linears = [names.q, names.k, names.v, names.o, names.gate, names.up, names.down];
    expect(linears.map(typeOf)).toEqual(linears.map(() => 'int8'));
    expect(typeOf(weightNames.embedding)).toBe('int8');
    expect([names.inputNorm, weightNames.finalNorm, weightNames.labels].map(typeOf)).toEqual([
      'float32',
      'float32',
      'float32',
    ]);
  });
});

describe('an int8 graph of stored integers', () => {
  it('refuses pairs that saturate on some machines', async () => {
    const checkpoint = randomCheckpoint(tinyBlueprint('llama'));
    const stored = {
      ...checkpoint,
      readQuantized: (name: string) => {
        const [rows = 0, columns = 0] = checkpoint.shapes.get(name) ?? [];
        const values = new Int8Array(rows * columns).fill(65);
        return Promise.resolve({ values, scales: new Float32Array(rows).fill(1) });
      },
    };
    const outDir = temporaryFolder();
    const build = buildRankGraph(stored, {
      precision: 'int8',
      labelIds: tinyLabelIds,
      plans: graphPlans('fp32'),
      outDir,
    });
    await expect(build).rejects.toThrow(CheckpointError);
    await expect(build).rejects.toThrow(/q_proj\.weight: weights 0 and 1 are 65 and 65; together/);
  });
});
