import { afterAll, describe, expect, test } from '@jest/globals';
import { openGguf } from '../../../src/toolchain/gguf/gguf.ts';
import {
  findBoolean,
  findNumber,
  findNumbers,
  findString,
  findStrings,
} from '../../../src/toolchain/gguf/metadata.ts';
import { refusalOf, ScratchFolder } from '../../support/checkpoints/folder.ts';
import {
  array,
  type GgufSpec,
  ggufBytes,
  metadata,
  text,
  uint32,
  uint64,
} from '../../support/checkpoints/gguf.ts';

const scratch = new ScratchFolder();
afterAll(() => scratch.remove());

async function openMetadata(...entries: GgufSpec['metadata']) {
  const gguf = await openGguf(scratch.write('model.gguf', withMetadata(...entries)));
  await gguf.close();
  return gguf;
}

function withMetadata(...entries: GgufSpec['metadata']): Buffer {
  return ggufBytes({ metadata: entries, tensors: [] });
}

/** A key count of one, and these bytes instead of a key. */
function withMetadataBytes(bytes: Uint8Array): Buffer {
  const header = ggufBytes({ metadata: [], tensors: [], keyCount: 1n }).subarray(0, 24);
  return Buffer.concat([header, bytes, Buffer.alloc(64)]);
}

describe('GGUF metadata', () => {
  test('reads every kind of metadata value', async () => {
    const int = Buffer.from([0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    const gguf = await openMetadata(
      ['uint8', 0, int.subarray(0, 1)],
      ['int8', 1, int.subarray(0, 1)],
      ['uint16', 2, int.subarray(0, 2)],
      ['int16', 3, int.subarray(0, 2)],
      ['uint32', 4, int.subarray(0, 4)],
      ['int32', 5, int.subarray(0, 4)],
      ['float32', 6, Buffer.from([0, 0, 0x20, 0xc1])],
      ['true', 7, Buffer.from([1])],
      ['string', 8, text('naïve')],
      ['uint64', 10, int],
      ['int64', 11, int],
      ['float64', 12, Buffer.from([0, 0, 0, 0, 0, 0, 0xf8, 0x3f])],
    );
    expect(Object.fromEntries(gguf.metadata)).toEqual({
      uint8: 254,
      int8: -2,
      uint16: 65_534,
      int16: -2,
      uint32: 4_294_967_294,
      int32: -2,
      float32: -10,
      true: true,
      string: 'naïve',
      uint64: 2n ** 64n - 2n,
      int64: -2,
      float64: 1.5,
    });
  });

  test('keeps byte order marks and empty strings in arrays of strings', async () => {
    const tokens = ['', '\uFEFFx', '日本', 'a'];
    const gguf = await openMetadata(
      ['tokens', 9, array(8, tokens.map(text))],
      ['types', 9, array(5, [uint32(1), uint32(0xffffffff)])],
    );
    expect(findStrings(gguf, 'tokens')).toEqual(tokens);
    expect(findNumbers(gguf, 'types')).toEqual(Int32Array.of(1, -1));
  });

  test('reads strings that cross its window', async () => {
    const tokens = Array.from({ length: 40 }, (_, index) => String(index).repeat(20_000));
    const gguf = await openMetadata(['tokens', 9, array(8, tokens.map(text))]);
    expect(findStrings(gguf, 'tokens')).toEqual(tokens);
  });

  test('names file, key and type when metadata has another type', async () => {
    const gguf = await openMetadata(metadata.uint32('n', 3), metadata.string('s', 'x'));
    expect(findNumber(gguf, 'n')).toBe(3);
    expect(findString(gguf, 'absent')).toBeUndefined();
    const found = 'model.gguf: metadata "n": the type is "number"; allowed: ';
    expect(() => findString(gguf, 'n')).toThrow(`${found}a string`);
    expect(() => findBoolean(gguf, 'n')).toThrow(`${found}a boolean`);
    expect(() => findStrings(gguf, 'n')).toThrow(`${found}strings`);
    expect(() => findNumbers(gguf, 'n')).toThrow(`${found}numbers`);
    expect(() => findNumber(gguf, 's')).toThrow('the type is "string"; allowed: a number');
  });
});

const two63 = 2n ** 63n;
const hostile: readonly [name: string, bytes: Uint8Array, message: RegExp][] = [
  [
    'a key of 2^63 bytes',
    withMetadataBytes(uint64(two63)),
    /metadata key 0: the length of a string is 9223372036854775808; allowed: at most 65535/,
  ],
  [
    'a repeated key',
    withMetadata(['k', 0, Buffer.of(1)], ['k', 0, Buffer.of(2)]),
    /metadata "k": the key is "repeated"/,
  ],
  [
    'an unknown value type',
    withMetadata(['k', 13, Buffer.of(1)]),
    /metadata "k": the value type is 13; allowed: 0 to 12/,
  ],
  [
    'a boolean of 2',
    withMetadata(['k', 7, Buffer.of(2)]),
    /metadata "k": a boolean is 2; allowed: 0 or 1/,
  ],
  [
    'a string of 2^63 bytes',
    withMetadata(['k', 8, uint64(two63)]),
    /metadata "k": the length of a string is 9223372036854775808/,
  ],
  [
    'a string longer than the file',
    withMetadata(['k', 8, uint64(1_000_000)]),
    /metadata "k": the number of bytes that follow is 1000000; allowed: \d+ \(left/,
  ],
  [
    'a string that is not UTF-8',
    withMetadata(['k', 8, text(Buffer.of(0xc3, 0x28))]),
    /metadata "k": a string is "not UTF-8"/,
  ],
  [
    'an array of 2^63 elements',
    withMetadata(['k', 9, Buffer.concat([uint32(5), uint64(two63)])]),
    /the array length is 9223372036854775808; allowed: at most 4194304/,
  ],
  [
    'numbers that outnumber the file',
    withMetadata(['k', 9, Buffer.concat([uint32(5), uint64(4_000_000)])]),
    /bytes that follow is 16000000/,
  ],
  [
    'strings that outnumber the file',
    withMetadata(['k', 9, Buffer.concat([uint32(8), uint64(4_000_000)])]),
    /bytes that follow is 32000000/,
  ],
  [
    'an array of arrays',
    withMetadata(['k', 9, array(9, [array(9, [])])]),
    /the array element type is 9/,
  ],
  [
    'an alignment of 0',
    withMetadata(metadata.uint32('general.alignment', 0)),
    /general.alignment": the value is 0; allowed: a power of two from 8/,
  ],
  [
    'an alignment of 48',
    withMetadata(metadata.uint32('general.alignment', 48)),
    /the value is 48; allowed: a power of two/,
  ],
  [
    'a huge alignment',
    withMetadata(metadata.uint32('general.alignment', 2 ** 31)),
    /the value is 2147483648; allowed: a power of two from 8 to 65536/,
  ],
  [
    'an alignment that is text',
    withMetadata(metadata.string('general.alignment', '32')),
    /the type is "string"; allowed: a number/,
  ],
];

describe('GGUF metadata is refused with', () => {
  test.each(hostile)('%s', async (_, bytes, message) => {
    const refusal = await refusalOf(() => openGguf(scratch.write('model.gguf', bytes)));
    expect(refusal.startsWith(`${scratch.path}/model.gguf: metadata `)).toBe(true);
    expect(refusal).toMatch(message);
  });
});
