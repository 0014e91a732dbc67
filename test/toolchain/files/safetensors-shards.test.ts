import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { openSafetensorsFolder } from '../../../src/toolchain/files/safetensors-shards.ts';
import { refusalOf, ScratchFolder } from '../../support/checkpoints/folder.ts';
import { safetensorsBytes, safetensorsSpec } from '../../support/checkpoints/tiny.ts';

const scratch = new ScratchFolder();
afterAll(() => scratch.remove());

const first = 'model.embed_tokens.weight';
const tensors = [
  [first, [5, 8]],
  ['model.norm.weight', [8]],
  ['model.other.weight', [8]],
] as const;
const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'] as const;
const weightMap = Object.fromEntries(
  tensors.map(([name], index) => [name, index < 2 ? shards[0] : shards[1]]),
);
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

function shardedFolder(overrides: Readonly<Record<string, unknown>> = {}): string {
  return writeFolder({
    ...index(weightMap),
    [shards[0]]: safetensorsBytes(safetensorsSpec(tensors.slice(0, 2))),
    [shards[1]]: safetensorsBytes(safetensorsSpec(tensors.slice(2), 2)),
    ...overrides,
  });
}

const index = (weight_map: unknown) => ({ 'model.safetensors.index.json': { weight_map } });

describe('openSafetensorsFolder', () => {
  test('opens every shard of the index, with its tensors', async () => {
    const opened = await openSafetensorsFolder(shardedFolder());
    expect(opened.map((shard) => [...shard.tensors.keys()])).toEqual([
      [first, 'model.norm.weight'],
      ['model.other.weight'],
    ]);
    await Promise.all(opened.map(({ source }) => source.close()));
  });

  test('prefers one file over an index', async () => {
    const bytes = safetensorsBytes(safetensorsSpec(tensors));
    const [file, ...more] = await openSafetensorsFolder(
      shardedFolder({ 'model.safetensors': bytes }),
    );
    expect(more).toEqual([]);
    expect([...(file?.tensors.keys() ?? [])]).toEqual(tensors.map(([name]) => name));
    await file?.source.close();
  });
});

describe('openSafetensorsFolder refuses a folder', () => {
  test.each<[string, () => string, RegExp]>([
    ['without weights', () => writeFolder({}), /neither model.safetensors nor/],
    [
      'whose index has no map',
      () => shardedFolder(index(undefined)),
      /weight_map: the value is missing/,
    ],
    [
      'whose index has an empty map',
      () => shardedFolder(index({})),
      /number of files is 0; allowed: 1 to 512/,
    ],
    [
      'whose index leads out of it',
      () => shardedFolder(index({ ...weightMap, [first]: '../x.safetensors' })),
      /tensor "model.embed_tokens.weight": the file is "..\/x.safetensors"; allowed: a name within/,
    ],
    [
      'whose index names an absolute path',
      () => shardedFolder(index({ ...weightMap, [first]: '/x.safetensors' })),
      /the file is "\/x.safetensors"/,
    ],
    [
      'whose index names a number',
      () => shardedFolder(index({ ...weightMap, [first]: 7 })),
      /the file is 7/,
    ],
    [
      'whose index names too many files',
      () =>
        shardedFolder(
          index(Object.fromEntries(Array.from({ length: 513 }, (_, n) => [n, `${n}.safetensors`]))),
        ),
      /number of files is 513/,
    ],
    [
      'whose index names a missing shard',
      () => shardedFolder(index({ ...weightMap, [first]: 'x.safetensors' })),
      /x.safetensors: cannot be read|allowed: "model-00001/,
    ],
    [
      'whose index names the wrong shard',
      () => shardedFolder(index({ ...weightMap, [first]: shards[1] })),
      /tensor "model.embed_tokens.weight": the file by model.safetensors.index.json is/,
    ],
    [
      'whose index names a tensor no shard has',
      () => shardedFolder(index({ ...weightMap, x: shards[0] })),
      /tensor "x": the tensor is missing; allowed: as model.safetensors.index.json says/,
    ],
    [
      'with a tensor in two shards',
      () => shardedFolder({ [shards[1]]: safetensorsBytes(safetensorsSpec(tensors.slice(1))) }),
      /is "model-00001.*; allowed: "model-00002/,
    ],
  ])('%s', async (_, build, message) => {
    expect(await refusalOf(() => openSafetensorsFolder(build()))).toMatch(message);
  });
});
