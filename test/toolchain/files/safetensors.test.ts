import { afterAll, describe, expect, test } from '@jest/globals';
import { readValues } from '../../../src/toolchain/files/checkpoint-file.ts';
import { openSafetensors } from '../../../src/toolchain/files/safetensors.ts';
import { refusalOf, ScratchFolder } from '../../support/checkpoints/folder.ts';
import { floats, uint64 } from '../../support/checkpoints/gguf.ts';
import { rawSafetensors, safetensorsBytes } from '../../support/checkpoints/tiny.ts';

const scratch = new ScratchFolder();
afterAll(() => scratch.remove());

async function open(bytes: Uint8Array) {
  return openSafetensors(scratch.write('model.safetensors', bytes));
}

const data = floats([1, 2, 3, 4, 5, 6]);
const a = { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] };
const b = { dtype: 'F32', shape: [2], data_offsets: [16, 24] };

describe('openSafetensors', () => {
  test('reads F32, F16 and BF16, whatever the order in the header', async () => {
    const file = await open(
      safetensorsBytes({
        header: {
          bf16: { dtype: 'BF16', shape: [2], data_offsets: [20, 24] },
          f32: { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] },
          __metadata__: { format: 'pt' },
          f16: { dtype: 'F16', shape: [1, 2], data_offsets: [16, 20] },
        },
        data: Buffer.concat([
          floats([1, 2, 3, 4]),
          Buffer.of(0x00, 0xc0, 0x00, 0x38),
          Buffer.of(0x20, 0xc1, 0x80, 0x3f),
        ]),
      }),
    );
    const values: Record<string, number[]> = {};
    for (const [name, tensor] of file.tensors) {
      values[name] = [...(await readValues(file.source, tensor))];
    }
    expect(values).toEqual({ f32: [1, 2, 3, 4], f16: [-2, 0.5], bf16: [-10, 1] });
    await file.source.close();
  });

  test('reads a tensor of more bytes than it reads at a time', async () => {
    const numbers = Float32Array.from({ length: 1_200_000 }, (_, index) => index);
    const entry = { dtype: 'F32', shape: [numbers.length], data_offsets: [0, numbers.byteLength] };
    const bytes = safetensorsBytes({ header: { big: entry }, data: Buffer.from(numbers.buffer) });
    const file = await open(bytes);
    const tensor = file.tensors.get('big') ?? never();
    const values = await readValues(file.source, tensor);
    expect(Buffer.compare(Buffer.from(values.buffer), Buffer.from(numbers.buffer))).toBe(0);
    await file.source.close();
  });
});

function never(): never {
  throw new Error('the tensor is missing');
}

function withEntry(entry: unknown): Buffer {
  return safetensorsBytes({ header: { a: entry }, data });
}

const whole = safetensorsBytes({ header: { a, b }, data });
const hostile: readonly [name: string, bytes: Uint8Array, message: RegExp][] = [
  ['an empty file', Buffer.alloc(0), /truncated: 8 bytes wanted at 0; the file has 0/],
  ['a header of 2^63 bytes', uint64(2n ** 63n), /header length is 9223372036854775808; allowed/],
  ['a header longer than the file', uint64(9), /header length is 9; allowed: at most 0 bytes/],
  [
    'a header that is no JSON',
    rawSafetensors('{"a":', data),
    /header: the text is .*allowed: JSON/,
  ],
  ['an unclosed string', rawSafetensors('{"a', data), /header: the text is .*allowed: JSON/],
  ['a header that is an array', rawSafetensors('[]', data), /header: the value is \[\]/],
  ['bytes that are not UTF-8', rawSafetensors(Buffer.of(0x7b, 0xff), data), /"not UTF-8"/],
  ['deep nesting', rawSafetensors('['.repeat(1e6), data), /nesting depth is 4; allowed: at most 3/],
  ['deep objects', rawSafetensors('{"a":'.repeat(1e5), data), /nesting depth is 4/],
  ['a repeated name', rawSafetensors('{"a":1,"a":2}', data), /key "a": the key is "repeated"/],
  ['a name repeated by an escape', rawSafetensors('{"a":1,"\\u0061":2}', data), /key "a"/],
  ['a repeated field', rawSafetensors('{"a":{"x":[1,2],"x":2}}', data), /key "x"/],
  [
    'an entry that is no object',
    withEntry(7),
    /tensor "a": the value is 7; allowed: a JSON object/,
  ],
  ['no dtype', withEntry({ ...a, dtype: undefined }), /tensor "a": dtype is missing; allowed: F32/],
  ['another dtype', withEntry({ ...a, dtype: 'I64' }), /dtype is "I64"; allowed: F32, F16, BF16/],
  ['an inherited dtype', withEntry({ ...a, dtype: 'toString' }), /dtype is "toString"/],
  ['a shape that is text', withEntry({ ...a, shape: '2' }), /shape is "2"; allowed: an array/],
  ['a fractional dimension', withEntry({ ...a, shape: [1.5] }), /shape is \[1.5\]/],
  ['a negative dimension', withEntry({ ...a, shape: [-4] }), /shape is \[-4\]/],
  ['a dimension of 0', withEntry({ ...a, shape: [0] }), /shape is \[0\]; allowed: positive/],
  ['no dimensions', withEntry({ ...a, shape: [] }), /number of dimensions is 0; allowed: 1 to 4/],
  ['five dimensions', withEntry({ ...a, shape: [1, 1, 1, 1, 4] }), /number of dimensions is 5/],
  ['a product beyond 2^53', withEntry({ ...a, shape: [2 ** 30, 2 ** 30] }), /product below 2\^53/],
  ['a shape unlike its bytes', withEntry({ ...a, shape: [5] }), /is 16; allowed: 20 bytes for F32/],
  ['one offset', withEntry({ ...a, data_offsets: [0] }), /data_offsets is \[0\]; allowed: two/],
  ['three offsets', withEntry({ ...a, data_offsets: [0, 16, 24] }), /data_offsets is \[0,16,24\]/],
  ['descending offsets', withEntry({ ...a, data_offsets: [16, 0] }), /data_offsets is \[16,0\]/],
  [
    'overlapping tensors',
    safetensorsBytes({ header: { a, b: { ...b, data_offsets: [8, 16] } }, data }),
    /tensor "b": the first data offset is 8; allowed: 16, where the tensor before ends/,
  ],
  [
    'a gap between tensors',
    safetensorsBytes({ header: { a: { ...a, shape: [2], data_offsets: [0, 8] }, b }, data }),
    /tensor "b": the first data offset is 16; allowed: 8/,
  ],
  ['bytes after the last tensor', withEntry(a), /last tensor is 16; allowed: 24/],
  ['a file cut within its data', whole.subarray(0, -1), /last tensor is 24; allowed: 23/],
  [
    'a file cut within its header',
    whole.subarray(0, 40),
    /header length is \d+; allowed: at most 32/,
  ],
];

describe('openSafetensors refuses', () => {
  test.each(hostile)('%s', async (_, bytes, message) => {
    const refusal = await refusalOf(() => open(bytes));
    expect(refusal.startsWith(`${scratch.path}/model.safetensors: `)).toBe(true);
    expect(refusal).toMatch(message);
  });
});
