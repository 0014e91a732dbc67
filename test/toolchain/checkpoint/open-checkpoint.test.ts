import { afterAll, describe, expect, test } from '@jest/globals';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Blueprint } from '../../../src/model/manifest.ts';
import {
  openCheckpoint,
  unpermuteRotary,
} from '../../../src/toolchain/checkpoint/open-checkpoint.ts';
import { expectedTensors } from '../../../src/toolchain/checkpoint/config/tensors.ts';
import type { Checkpoint } from '../../../src/toolchain/files/checkpoint.ts';
import { refusalOf, ScratchFolder } from '../../support/checkpoints/folder.ts';
import { type GgufSpec, ggufBytes } from '../../support/checkpoints/gguf.ts';
import {
  safetensorsBytes,
  safetensorsSpec,
  tinyBlueprint,
  tinyConfig,
  tinyGguf,
  tinyValues,
} from '../../support/checkpoints/tiny.ts';

const scratch = new ScratchFolder();
afterAll(() => scratch.remove());

const tensors = [...expectedTensors(tinyBlueprint)];
let folders = 0;

/** A Hugging Face folder; objects are written as JSON. */
function writeFolder(files: Readonly<Record<string, unknown>>): string {
  const folder = join(scratch.path, `folder-${folders++}`);
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) {
    const text = Buffer.isBuffer(content) ? content : JSON.stringify(content);
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

function tinyFolder(
  changed: readonly (readonly [string, readonly number[]])[] = tensors,
  config: Record<string, unknown> = {},
): string {
  const weights = safetensorsBytes(safetensorsSpec(changed));
  return writeFolder({ 'config.json': tinyConfig(config), 'model.safetensors': weights });
}

const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'] as const;
const weightMap = Object.fromEntries(
  tensors.map(([name], index) => [name, index < 4 ? shards[0] : shards[1]]),
);

function shardedFolder(overrides: Readonly<Record<string, unknown>> = {}): string {
  return writeFolder({
    'config.json': tinyConfig(),
    'model.safetensors.index.json': { metadata: { total_size: 1 }, weight_map: weightMap },
    [shards[0]]: safetensorsBytes(safetensorsSpec(tensors.slice(0, 4))),
    [shards[1]]: safetensorsBytes(safetensorsSpec(tensors.slice(4), 4)),
    ...overrides,
  });
}

function writeGguf(spec: GgufSpec = tinyGguf()): string {
  return scratch.write('tiny.gguf', ggufBytes(spec));
}

async function readAll(checkpoint: Checkpoint): Promise<Record<string, number[]>> {
  const values: Record<string, number[]> = {};
  for (const name of checkpoint.shapes.keys()) {
    values[name] = [...(await checkpoint.readTensor(name))];
  }
  await checkpoint.close();
  return values;
}

const expected = Object.fromEntries(
  tensors.map(([name, shape], index) => [name, tinyValues(index, shape)]),
);

describe('openCheckpoint', () => {
  test('reads a folder with one safetensors file', async () => {
    const folder = tinyFolder();
    const checkpoint = await openCheckpoint(folder);
    expect(checkpoint.blueprint).toEqual(tinyBlueprint);
    expect(checkpoint.files).toEqual([join(folder, 'model.safetensors')]);
    expect([...checkpoint.shapes]).toEqual(tensors);
    expect(await readAll(checkpoint)).toEqual(expected);
  });

  test('reads a sharded folder', async () => {
    const folder = shardedFolder();
    const checkpoint = await openCheckpoint(folder);
    expect(checkpoint.files).toEqual(shards.map((shard) => join(folder, shard)));
    expect(await readAll(checkpoint)).toEqual(expected);
  });

  test('ignores a stored tied head and an old rotary table', async () => {
    const extra = [
      ['lm_head.weight', [5, 8]],
      ['model.layers.0.self_attn.rotary_emb.inv_freq', [2]],
    ] as const;
    const checkpoint = await openCheckpoint(tinyFolder([...tensors, ...extra]));
    expect([...checkpoint.shapes.keys()]).not.toContain('lm_head.weight');
    await checkpoint.close();
  });

  test('reads a GGUF of the Llama family, its q and k in the Hugging Face rotary layout', async () => {
    const checkpoint = await openCheckpoint(writeGguf());
    expect(checkpoint.blueprint).toEqual(tinyBlueprint);
    const { q, k, ...rest } = splitRotary(await readAll(checkpoint));
    const { q: fileQ, k: fileK, ...expectedRest } = splitRotary(expected);
    expect(rest).toEqual(expectedRest);
    // Heads of four rows: file rows 0 1 2 3 are rows 0 2 1 3.
    expect(q).toEqual([0, 2, 1, 3, 4, 6, 5, 7].flatMap((row) => fileQ.slice(8 * row, 8 * row + 8)));
    expect(k).toEqual([0, 2, 1, 3].flatMap((row) => fileK.slice(8 * row, 8 * row + 8)));
  });

  test.each<[string, Blueprint]>([
    ['qwen2', { ...tinyBlueprint, family: 'qwen2', qkvBias: true }],
    ['qwen3', { ...tinyBlueprint, family: 'qwen3', qkNorm: true, headDim: 6, tiedHead: false }],
  ])('reads a GGUF of the %s family without a change of order', async (_, blueprint) => {
    const checkpoint = await openCheckpoint(writeGguf(tinyGguf(blueprint)));
    expect(checkpoint.blueprint).toEqual(blueprint);
    const values = Object.values(await readAll(checkpoint));
    const shapes = [...expectedTensors(blueprint).values()];
    expect(values).toEqual(shapes.map((shape, index) => tinyValues(index, shape)));
  });

  test('caps rows of a GGUF at 2,048 tokens', async () => {
    const path = writeGguf(tinyGguf({ ...tinyBlueprint, rowTokens: 8192 }));
    const checkpoint = await openCheckpoint(path);
    expect(checkpoint.blueprint.rowTokens).toBe(2048);
    await checkpoint.close();
  });

  test('refuses names that the blueprint does not have', async () => {
    const checkpoint = await openCheckpoint(writeGguf());
    const refusal = await refusalOf(() => checkpoint.readTensor('lm_head.weight'));
    expect(refusal).toMatch(/\/tiny\.gguf: tensor "lm_head.weight" is missing/);
    await checkpoint.close();
  });
});

function splitRotary(values: Readonly<Record<string, number[]>>) {
  const attention = 'model.layers.0.self_attn';
  const { [`${attention}.q_proj.weight`]: q, [`${attention}.k_proj.weight`]: k } = values;
  const rest = Object.entries(values).filter(([name]) => !/[qk]_proj/.test(name));
  return { q: q ?? [], k: k ?? [], rest: Object.fromEntries(rest) };
}

test('unpermuteRotary sends row 2i + j of a head to row j headDim/2 + i', () => {
  const rows = Float32Array.of(0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15);
  expect([...unpermuteRotary(rows, 6, 1)]).toEqual([0, 2, 4, 1, 3, 5, 10, 12, 14, 11, 13, 15]);
});

const first = 'model.embed_tokens.weight';
describe('openCheckpoint refuses a folder', () => {
  test.each<[string, () => string, RegExp]>([
    ['that does not exist', () => join(scratch.path, 'none'), /none: cannot be read: .*ENOENT/],
    ['without config.json', () => writeFolder({}), /config.json: cannot be read/],
    [
      'without weights',
      () => writeFolder({ 'config.json': tinyConfig() }),
      /neither model.safetensors nor/,
    ],
    [
      'without a tensor',
      () => tinyFolder(tensors.slice(1)),
      /^the tensor "model.embed_tokens.weight" is missing from \S+\/model.safetensors$/,
    ],
    [
      'with an untied head in its config, but none in its weights',
      () => tinyFolder(tensors, { tie_word_embeddings: false }),
      /^the tensor "lm_head.weight" is missing from \S+\/model.safetensors; is "tie_word_embeddings": true meant\?$/,
    ],
    [
      'with another shape',
      () => tinyFolder([[first, [8, 5]], ...tensors.slice(1)]),
      /the shape is \[8,5\]; allowed: \[5, 8\]/,
    ],
    [
      'with a bias that would be ignored',
      () => tinyFolder([...tensors, ['model.layers.0.self_attn.o_proj.bias', [8]]]),
      /o_proj.bias": the tensor is "present"/,
    ],
  ])('%s', async (_, build, message) => {
    expect(await refusalOf(() => openCheckpoint(build()))).toMatch(message);
  });
});
