import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import type { Checkpoint } from '../../../src/toolchain/files/checkpoint.ts';
import { configFor } from '../../../src/toolchain/checkpoint/checkpoint-config.ts';
import { readJsonFile } from '../../../src/toolchain/files/limited-json.ts';
import { openCheckpoint } from '../../../src/toolchain/checkpoint/open-checkpoint.ts';
import {
  writeCheckpoint,
  type WrittenType,
} from '../../../src/toolchain/checkpoint/write-checkpoint.ts';
import { tinyPath } from '../../support/checkpoints/hf-tiny.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const texts = new Map([['note.json', '{}\n']]);

async function copy(from: string, to: string, type: WrittenType): Promise<void> {
  const source = await openCheckpoint(from);
  const original = await readJsonFile(join(from, 'config.json'));
  await writeCheckpoint(to, {
    config: configFor(source.blueprint, type, original),
    tensors: outgoing(source, type),
    copyFrom: from,
    texts,
  });
  await source.close();
}

function outgoing(source: Checkpoint, type: WrittenType) {
  return [...source.shapes].map(([name, shape]) => ({
    name,
    shape,
    type,
    read: () => source.readTensor(name),
  }));
}

async function values(path: string): Promise<Map<string, Float32Array>> {
  const checkpoint = await openCheckpoint(path);
  const all = new Map<string, Float32Array>();
  for (const name of checkpoint.shapes.keys()) {
    all.set(name, await checkpoint.readTensor(name));
  }
  await checkpoint.close();
  return all;
}

describe('a written checkpoint', () => {
  it.each(['llama', 'llama-untied-sharded-bf16', 'qwen2', 'qwen3', 'qwen3-untied-fp16'])(
    'has the tensors, tokenizer and config of %s',
    async (name) => {
      const from = tinyPath(name);
      const to = join(temporaryFolder(), 'copy');
      await copy(from, to, 'F32');
      expect(await values(to)).toEqual(await values(from));
      expect(readFileSync(join(to, 'tokenizer.json'))).toEqual(
        readFileSync(join(from, 'tokenizer.json')),
      );
      const config = JSON.parse(readFileSync(join(to, 'config.json'), 'utf8')) as unknown;
      const original = JSON.parse(readFileSync(join(from, 'config.json'), 'utf8')) as object;
      expect(config).toMatchObject({ ...original, dtype: 'float32' });
    },
  );

  it.each([
    ['F16', 2 ** -11],
    ['BF16', 2 ** -8],
  ] as const)('rounds to %s', async (type, relative) => {
    const to = join(temporaryFolder(), 'copy');
    await copy(tinyPath('llama'), to, type);
    const before = await values(tinyPath('llama'));
    const excess = [...(await values(to))].flatMap(([name, found]) =>
      Array.from(found, (value, i) => {
        const exact = before.get(name)?.at(i) ?? NaN;
        return Math.abs(value - exact) - relative * Math.abs(exact);
      }),
    );
    // The smallest F16 numbers are 2^-24 apart.
    expect(excess.reduce((a, b) => Math.max(a, b))).toBeLessThanOrEqual(2 ** -25);
    expect(excess).toHaveLength(27_808);
  });

  it('rounds halfway cases of BF16 to even', async () => {
    const to = join(temporaryFolder(), 'copy');
    const source = await openCheckpoint(tinyPath('llama'));
    // 1 + 2^-8 lies halfway between 1 and 1 + 2^-7; 1 + 3 x 2^-8 between 1 + 2^-7 and 1 + 2^-6.
    const tensors = outgoing(source, 'BF16').map((tensor) =>
      tensor.name === 'model.norm.weight'
        ? {
            ...tensor,
            read: () =>
              Float32Array.from({ length: at(tensor.shape, 0) }, (_, i) =>
                i % 2 ? 1 + 3 * 2 ** -8 : 1 + 2 ** -8,
              ),
          }
        : tensor,
    );
    await writeCheckpoint(to, {
      config: configFor(source.blueprint, 'BF16', undefined),
      tensors,
      texts,
    });
    const norm = (await values(to)).get('model.norm.weight');
    expect([norm?.[0], norm?.[1]]).toEqual([1, 1 + 2 ** -6]);
    await source.close();
  });

  it('is replaced by a new one, but a folder that we did not write is not', async () => {
    const to = join(temporaryFolder(), 'copy');
    await copy(tinyPath('llama'), to, 'F32');
    await copy(tinyPath('qwen3'), to, 'F32');
    expect(JSON.parse(readFileSync(join(to, 'config.json'), 'utf8'))).toMatchObject({
      model_type: 'qwen3',
    });
    const foreign = temporaryFolder();
    cpSync(tinyPath('llama'), foreign, { recursive: true });
    await expect(copy(tinyPath('llama'), foreign, 'F32')).rejects.toThrow(
      /and no note\.json; only a folder with note\.json is replaced/,
    );
    writeFileSync(join(foreign, 'note.json'), '');
    await copy(tinyPath('llama'), foreign, 'F32');
  });

  it('does not appear when a tensor fails', async () => {
    const dir = temporaryFolder();
    const source = await openCheckpoint(tinyPath('llama'));
    const config = configFor(source.blueprint, 'F16', undefined);
    const write = (tensors: ReturnType<typeof outgoing>) =>
      writeCheckpoint(join(dir, 'copy'), { config, tensors, texts });
    const [first] = outgoing(source, 'F16');
    const broken = (read: () => Promise<Float32Array>) =>
      first === undefined ? [] : [{ ...first, read }];
    await expect(write(broken(() => Promise.resolve(new Float32Array(3))))).rejects.toThrow(
      'tensor model.embed_tokens.weight has 3 values; [288, 32] needs 9216',
    );
    await expect(
      write(broken(() => Promise.resolve(new Float32Array(9216).fill(70_000)))),
    ).rejects.toThrow('value 70000 at 0 does not fit F16 (at most 65504)');
    await expect(
      write([...outgoing(source, 'F16'), ...broken(() => source.readTensor('none'))]),
    ).rejects.toThrow('tensor model.embed_tokens.weight is given twice');
    await source.close();
    expect(readdirSync(dir)).toEqual([]);
    expect(existsSync(join(dir, 'copy'))).toBe(false);
  });
});
