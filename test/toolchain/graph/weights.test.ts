import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Family, Precision } from '../../../src/model/manifest.ts';
import {
  type ElementType,
  type OnnxModel,
  parseModel,
} from '../../../src/toolchain/graph/onnx/model-proto.ts';
import { pageBytes } from '../../../src/toolchain/graph/onnx/weights-file.ts';
import { buildRankGraph } from '../../../src/toolchain/graph/rank-graph.ts';
import {
  largestDifference,
  openTinySession,
  scoreParts,
} from '../../support/models/score-parts.ts';
import {
  buildTinyModel,
  createRandom,
  randomCheckpoint,
  tinyBlueprint,
  tinyLabelIds,
  type TinyModel,
} from '../../support/models/tiny-model.ts';
import { graphPlans } from '../../../src/toolchain/graph/graph-plans.ts';

/** Operators whose inputs are floats; ONNX Runtime's CUDA provider has fp16 kernels for all. */
const floatOps = new Set([
  'MatMul',
  'Mul',
  'Add',
  'QuickGelu',
  'Attention',
  'RotaryEmbedding',
  'SimplifiedLayerNormalization',
  'SkipSimplifiedLayerNormalization',
]);
const passOps = new Set(['Gather', 'Concat', 'Reshape', 'Unsqueeze', 'Split', 'Identity']);

const read = async (model: TinyModel) =>
  parseModel(await readFile(join(model.dir, model.graph.file)));

/** Walks the nodes, each after its inputs. @returns the type of every value. */
function walkTypes(model: OnnxModel): Map<string, ElementType> {
  const types = new Map<string, ElementType>(
    [...model.inputs, ...model.initializers].map(({ name, type }) => [name, type]),
  );
  for (const { op, inputs, outputs, attributes } of model.nodes) {
    const given = inputs.filter((name) => name !== '').map((name) => types.get(name));
    if (given.includes(undefined)) {
      throw new Error(`${op} reads ${inputs.join()} before it is written`);
    }
    outputs.forEach((output) => types.set(output, outputType(op, given, attributes)));
  }
  return types;
}

function outputType(
  op: string,
  given: readonly (ElementType | undefined)[],
  attributes: OnnxModel['nodes'][number]['attributes'],
): ElementType {
  const [first = 'bool', second = 'bool'] = given;
  if (floatOps.has(op)) {
    const floats = given.filter((type) => type === 'float16' || type === 'float32');
    if (new Set(floats).size !== 1) {
      throw new Error(`${op} mixes ${given.join()}`);
    }
    return first;
  }
  if (passOps.has(op)) {
    return first;
  }
  switch (op) {
    case 'Cast': {
      const to = attributes['to'];
      return to !== undefined && 'int' in to && to.int === 10 ? 'float16' : 'float32';
    }
    case 'LessOrEqual':
      return 'bool';
    case 'Where':
      return second;
    case 'Shape':
      return 'int64';
    default:
      throw new Error(`operator ${op} has not been checked for a CUDA fp16 kernel`);
  }
}

describe.each<Family>(['llama', 'qwen2', 'qwen3'])('the written graph of a %s model', (family) => {
  const models = new Map<Precision, TinyModel>();
  const modelOf = (precision: Precision) => {
    const model = models.get(precision);
    if (model === undefined) {
      throw new Error(`${precision} was not built`);
    }
    return model;
  };

  beforeAll(async () => {
    for (const precision of ['fp32', 'fp16'] as const) {
      models.set(precision, await buildTinyModel(family, { precision }));
    }
  });
  afterAll(async () => {
    for (const { dir } of models.values()) {
      await rm(dir, { recursive: true });
    }
  });

  it('is well typed in fp16, with an fp32 head', async () => {
    const model = await read(modelOf('fp16'));
    const types = walkTypes(model);
    expect(types.get('logits')).toBe('float32');
    const typeOf = (name: string) => model.initializers.find((one) => one.name === name)?.type;
    expect(typeOf('model.embed_tokens.weight')).toBe('float16');
    expect(typeOf('model.norm.weight')).toBe('float32');
    expect(typeOf('labels')).toBe('float32');
    const attention = model.nodes.filter(({ op }) => op === 'Attention');
    expect(attention).toHaveLength(4 * tinyBlueprint(family).layers);
    expect(
      new Set(attention.flatMap((node) => node.inputs.map((name) => types.get(name)))),
    ).toEqual(new Set(['float16']));
  });

  it.each(['fp32', 'fp16'] as const)(
    'has %s weights on pages of their file, none overlapping',
    async (precision) => {
      const built = modelOf(precision);
      const model = await read(built);
      const external = model.initializers.flatMap(({ name, type, dims, data }) =>
        data.kind === 'external' ? [{ name, type, dims, data }] : [],
      );
      let end = 0;
      for (const { name, type, dims, data } of external.sort(
        (a, b) => a.data.offset - b.data.offset,
      )) {
        expect(data.file).toBe(built.weights.file);
        expect(data.offset % pageBytes).toBe(0);
        expect(data.offset).toBeGreaterThanOrEqual(end);
        const bytes = dims.reduce((a, b) => a * b, 1) * (type === 'float16' ? 2 : 4);
        expect([name, data.bytes]).toEqual([name, bytes]);
        end = data.offset + data.bytes;
      }
      expect(end).toBe(built.weights.bytes);
    },
  );

  it.each(['fp32', 'fp16'] as const)('reports size and hash of its %s files', async (precision) => {
    const built = modelOf(precision);
    for (const entry of [built.graph, built.weights]) {
      const bytes = await readFile(join(built.dir, entry.file));
      expect(entry.bytes).toBe(bytes.byteLength);
      expect(entry.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    }
  });

  it('scores within 0.05 logit of fp32 in fp16', async () => {
    const random = createRandom(5);
    const text = (length: number) => Int32Array.from({ length }, () => Math.floor(random() * 96));
    const parts = [{ prefix: text(12), suffixes: [text(9), text(1), text(30), text(17)] }];
    const sessions = [
      await openTinySession(modelOf('fp32')),
      await openTinySession(modelOf('fp16')),
    ] as const;
    const [full, half] = await Promise.all(sessions.map((session) => scoreParts(session, parts)));
    await Promise.all(sessions.map((session) => session.close()));
    const difference = largestDifference(full ?? [], half ?? []);
    expect(difference).toBeLessThan(0.05);
    expect(difference).toBeGreaterThan(0);
  });
});

describe('building a rank graph', () => {
  it('counts a tied head once', async () => {
    const tied = await buildTinyModel('llama');
    const { width, mlpWidth, vocabulary, layers } = tied.blueprint;
    const layer = 2 * width * 48 + 2 * width * 16 + 3 * width * mlpWidth + 2 * width;
    expect(tied.parameters).toBe(vocabulary * width + layers * layer + width);
    await rm(tied.dir, { recursive: true });
  });

  it('refuses a checkpoint whose tensor is missing or of another shape', async () => {
    const checkpoint = randomCheckpoint(tinyBlueprint('llama'));
    const options = {
      precision: 'fp32',
      labelIds: tinyLabelIds,
      plans: graphPlans('fp32'),
      outDir: join(tmpdir(), 'slmrank-refused'),
    } as const;
    const name = 'model.layers.1.mlp.up_proj.weight';
    const without = new Map(checkpoint.shapes);
    without.delete(name);
    await expect(buildRankGraph({ ...checkpoint, shapes: without }, options)).rejects.toThrow(
      `random llama (seed 1): tensor ${name} is missing; the blueprint needs [80, 48]`,
    );
    const other = new Map(checkpoint.shapes).set(name, [48, 80]);
    await expect(buildRankGraph({ ...checkpoint, shapes: other }, options)).rejects.toThrow(
      `tensor ${name} is [48, 80]; the blueprint needs [80, 48]`,
    );
  });
});
