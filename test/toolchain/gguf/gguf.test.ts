import { afterAll, describe, expect, test } from '@jest/globals';
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { at } from '../../../src/base/at.ts';
import { readValues } from '../../../src/toolchain/files/checkpoint-file.ts';
import { openGguf } from '../../../src/toolchain/gguf/gguf.ts';
import { refusalOf, ScratchFolder } from '../../support/checkpoints/folder.ts';
import { floats, ggufBytes, metadata, type GgufSpec } from '../../support/checkpoints/gguf.ts';

const scratch = new ScratchFolder();
afterAll(() => scratch.remove());

const pair: GgufSpec = {
  metadata: [],
  tensors: [
    { name: 'a', shape: [2, 3], bytes: floats([1, 2, 3, 4, 5, 6]) },
    { name: 'b', shape: [4], bytes: floats([7, 8, 9, 10]) },
  ],
};
const [a, b] = [pair.tensors.slice(0, 1), pair.tensors.slice(1)];

async function openBytes(bytes: Uint8Array) {
  return openGguf(scratch.write('model.gguf', bytes));
}

async function open(spec: Partial<GgufSpec>) {
  return openBytes(ggufBytes({ ...pair, ...spec }));
}

describe('openGguf', () => {
  test('finds tensors by name, row-major, and reads their numbers', async () => {
    const gguf = await open({});
    const found = [...gguf.tensors.values()];
    expect(found.map(({ name, shape, type }) => [name, shape, type])).toEqual([
      ['a', [2, 3], 'F32'],
      ['b', [4], 'F32'],
    ]);
    const values = await Promise.all(found.map((tensor) => readValues(gguf.source, tensor)));
    expect(values.map((numbers) => [...numbers])).toEqual([
      [1, 2, 3, 4, 5, 6],
      [7, 8, 9, 10],
    ]);
    await gguf.close();
  });

  test.each([2, 3])('reads version %d', async (version) => {
    const gguf = await open({ version });
    expect(gguf.version).toBe(version);
    await gguf.close();
  });

  test('honours general.alignment', async () => {
    const alignment = [metadata.uint32('general.alignment', 256)];
    const gguf = await open({ metadata: alignment, alignment: 256 });
    expect([...gguf.tensors.values()].map(({ offset }) => offset % 256)).toEqual([0, 0]);
    await gguf.close();
  });

  test('reads tensors that lie beyond 4 GiB', async () => {
    const far = 2n ** 32n + 2n ** 20n;
    const header = ggufBytes({
      metadata: [],
      tensors: [
        { name: 'near', shape: [Number(far) / 4], bytes: new Uint8Array(0), offset: 0n },
        { name: 'far', shape: [2], bytes: new Uint8Array(0), offset: far },
      ],
    });
    const path = join(scratch.path, 'sparse.gguf');
    const descriptor = openSync(path, 'w');
    const offset = header.length + Number(far);
    ftruncateSync(descriptor, offset + 8);
    writeSync(descriptor, header, 0, header.length, 0);
    writeSync(descriptor, floats([1.5, -2]), 0, 8, offset);
    closeSync(descriptor);
    const gguf = await openGguf(path);
    const tensor = gguf.tensors.get('far');
    expect(tensor?.offset).toBe(offset);
    expect([...(await readValues(gguf.source, tensor ?? never('far')))]).toEqual([1.5, -2]);
    await gguf.close();
  });
});

function never(what: string): never {
  throw new Error(`${what} is missing`);
}

const two63 = 2n ** 63n;
const hostile: readonly [name: string, bytes: Uint8Array, message: RegExp][] = [
  ['an empty file', Buffer.alloc(0), /bytes that follow is 4; allowed: 0 \(left in the file\)/],
  [
    'another magic number',
    ggufBytes({ ...pair, magic: 'GGML' }),
    /magic number is "0x4c4d4747"; allowed: "?0x46554747/,
  ],
  ['version 1', ggufBytes({ ...pair, version: 1 }), /GGUF version is 1; allowed: 2 or 3/],
  [
    'a big-endian file',
    ggufBytes({ ...pair, version: 0x03000000 }),
    /version is 50331648.*little-endian/,
  ],
  [
    '2^63 tensors',
    ggufBytes({ ...pair, tensorCount: two63 }),
    /tensors is 9223372036854775808; allowed: at most 65536/,
  ],
  [
    '2^63 keys',
    ggufBytes({ ...pair, keyCount: two63 }),
    /metadata keys is 9223372036854775808; allowed: at most 4096/,
  ],
  [
    'more tensors than there are',
    ggufBytes({ ...pair, tensorCount: 60_000n }),
    /tensor "": the number of dimensions is 0/,
  ],
  [
    'a tensor name of 65 bytes',
    withTensor({ name: 'x'.repeat(65) }),
    /tensor 0: the length of a string is 65; allowed: at most 64/,
  ],
  [
    'a repeated tensor name',
    ggufBytes({ metadata: [], tensors: [...a, ...a] }),
    /tensor "a": the name is "repeated"/,
  ],
  [
    'no dimensions',
    withTensor({ shape: [] }),
    /tensor "a": the number of dimensions is 0; allowed: 1 to 4/,
  ],
  ['five dimensions', withTensor({ shape: [1, 1, 1, 1, 1] }), /dimensions is 5; allowed: 1 to 4/],
  [
    'a dimension of 0',
    withTensor({ shape: [2, 0] }),
    /tensor "a": dimension 0 is 0; allowed: 1 to/,
  ],
  [
    'a dimension of 2^63',
    withTensor({ shape: [two63] }),
    /dimension 0 is 9223372036854775808; allowed: 1 to what \d+ bytes can hold/,
  ],
  [
    'dimensions whose product overflows',
    withTensor({ shape: [2n ** 33n, 2n ** 33n, 2n ** 33n] }),
    /dimension 0 is 8589934592/,
  ],
  ['a product beyond the file', withTensor({ shape: [40, 40] }), /dimension 1 is 40; allowed/],
  [
    'an unsupported type',
    withTensor({ type: 16 }),
    /tensor "a": the tensor type is "IQ2_XXS \(16\)"; allowed: F32 \(0\), F16 \(1\), .*BF16 \(30\)$/,
  ],
  ['a type that GGML does not know', withTensor({ type: 99 }), /the tensor type is "99"; allowed/],
  ['integers', withTensor({ type: 24 }), /the tensor type is "I8 \(24\)"; allowed/],
  [
    'a row that is no whole number of blocks',
    withTensor({ type: 8, shape: [2, 33] }),
    /tensor "a": the row length is 33; allowed: a multiple of 32 for Q8_0/,
  ],
  [
    'an offset beyond the file',
    ggufBytes({ metadata: [], tensors: [{ ...first(a), offset: 2n ** 40n }] }),
    /tensor "a": the offset is 1099511627776; allowed: at most 8/,
  ],
  [
    'an offset of 2^63',
    ggufBytes({ metadata: [], tensors: [{ ...first(a), offset: two63 }] }),
    /tensor "a": the offset is 9223372036854775808/,
  ],
  [
    'an offset between alignments',
    ggufBytes({ metadata: [], tensors: [{ ...first(a), offset: 4n }] }),
    /tensor "a": the offset is 4; allowed: a multiple of 32/,
  ],
  [
    'overlapping tensors',
    ggufBytes({ metadata: [], tensors: [...a, { ...first(b), offset: 0n }] }),
    /tensor "b": the offset is \d+; allowed: at least \d+: the tensor before ends there/,
  ],
  [
    'a file cut within its data',
    ggufBytes(pair).subarray(0, -32),
    /tensor "b": the offset is 32; allowed: at most/,
  ],
  ['a file cut within its directory', ggufBytes(pair).subarray(0, 60), /tensor 0|tensor "a"/],
  [
    'a name full of control characters',
    withTensor({ name: '\u001b[2J', type: 99 }),
    /tensor "\\u001b\[2J"/,
  ],
];

function first<T>(items: readonly T[]): T {
  return at(items, 0);
}

function withTensor(override: Partial<GgufSpec['tensors'][number]>): Buffer {
  return ggufBytes({ metadata: [], tensors: [{ ...first(a), ...override }] });
}

describe('openGguf refuses', () => {
  test.each(hostile)('%s', async (_, bytes, message) => {
    const refusal = await refusalOf(() => openBytes(bytes));
    expect(refusal.startsWith(`${scratch.path}/model.gguf: `)).toBe(true);
    expect(refusal).toMatch(message);
  });

  test('a folder and a file that is not there', async () => {
    expect(await refusalOf(() => openGguf(scratch.path))).toMatch(/cannot be read: .*regular file/);
    expect(await refusalOf(() => openGguf(join(scratch.path, 'none.gguf')))).toMatch(/ENOENT/);
  });

  test('numbers that are not finite, when they are read', async () => {
    const bytes = floats([1, NaN, 3, 4]);
    const gguf = await open({ tensors: [{ name: 'a', shape: [4], bytes }] });
    const tensor = gguf.tensors.get('a') ?? never('a');
    const refusal = await refusalOf(() => readValues(gguf.source, tensor));
    expect(refusal).toBe(
      `${scratch.path}/model.gguf: tensor "a": value 1 is "NaN"; allowed: finite numbers`,
    );
    await gguf.close();
  });
});
