import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { dequantize } from '../../../src/toolchain/files/dequantize.ts';
import { type TensorType, tensorStorage } from '../../../src/toolchain/files/tensor-type.ts';

/** Written by make_dequantize.py from the `gguf` package's reference. */
const golden = JSON.parse(
  readFileSync(new URL('../../golden/dequantize.json', import.meta.url), 'utf8'),
) as Partial<Record<TensorType, { blocks: string; values: string }>>;

function decode(type: TensorType, bytes: Uint8Array): Float32Array {
  const { blockBytes, blockValues } = tensorStorage[type];
  const values = new Float32Array((bytes.length / blockBytes) * blockValues);
  dequantize(type, bytes, values);
  return values;
}

/** Half-precision numbers of the hand-computed blocks, low byte first. */
const half = {
  one: [0x00, 0x3c],
  half: [0x00, 0x38],
  minusTwo: [0x00, 0xc0],
};

/** I8 is not a GGUF type. The compact form has it, and it is read without a scale. */
const types = (Object.keys(tensorStorage) as TensorType[]).filter((type) => type !== 'I8');

describe('dequantize', () => {
  test('has a golden case for every GGUF type', () => {
    expect(Object.keys(golden).toSorted()).toEqual(types.toSorted());
  });

  test.each(types)('gives the same bits as the gguf package for %s', (type) => {
    const expected = golden[type];
    const values = decode(type, Buffer.from(expected?.blocks ?? '', 'base64'));
    expect(values.length).toBeGreaterThanOrEqual(32);
    expect(Buffer.from(values.buffer).toString('base64')).toBe(expected?.values);
  });

  test('reads F32, F16, BF16 and I8', () => {
    expect([...decode('F32', Uint8Array.of(0, 0, 0x20, 0xc1))]).toEqual([-10]);
    expect([...decode('F16', Uint8Array.of(...half.one, ...half.minusTwo))]).toEqual([1, -2]);
    expect([...decode('BF16', Uint8Array.of(0x20, 0xc1, 0x80, 0x3f))]).toEqual([-10, 1]);
    expect([...decode('I8', Uint8Array.of(0, 127, 0x81))]).toEqual([0, 127, -127]);
  });

  test('multiplies Q8_0 quants by their scale', () => {
    const quants = [127, 0x80, ...Array<number>(30).fill(1)];
    const values = decode('Q8_0', Uint8Array.of(...half.half, ...quants));
    expect([...values.subarray(0, 3)]).toEqual([63.5, -64, 0.5]);
  });

  test('takes low nibbles first and centres Q4_0 at 8', () => {
    const values = decode(
      'Q4_0',
      Uint8Array.of(...half.half, 0xf0, ...Array<number>(15).fill(0x88)),
    );
    expect([values[0], values[1], values[16], values[17]]).toEqual([-4, 0, 3.5, 0]);
  });

  test('adds the minimum in Q4_1', () => {
    const bytes = Uint8Array.of(...half.half, ...half.minusTwo, 0x51, ...Array<number>(15).fill(0));
    const values = decode('Q4_1', bytes);
    expect([values[0], values[1], values[16], values[31]]).toEqual([-1.5, -2, 0.5, -2]);
  });

  test('adds the fifth bits in Q5_0 and Q5_1', () => {
    // Set for values 1, 16 and 31.
    const fifths = [0b0000_0010, 0, 0b0000_0001, 0b1000_0000];
    const nibbles = [0x21, 0x03, ...Array<number>(13).fill(0), 0xf0];
    const centred = decode('Q5_0', Uint8Array.of(...half.half, ...fifths, ...nibbles));
    expect([0, 1, 16, 31, 2].map((i) => centred[i])).toEqual([-7.5, 1.5, 1, 7.5, -8]);
    const offset = Uint8Array.of(...half.half, ...half.minusTwo, ...fifths, ...nibbles);
    const shifted = decode('Q5_1', offset);
    expect([0, 1, 16, 31, 2].map((i) => shifted[i])).toEqual([-1.5, 7.5, 7, 13.5, -2]);
  });

  test('looks the nibbles of IQ4_NL up in uneven steps', () => {
    const bytes = Uint8Array.of(...half.half, 0x0f, 0x87, ...Array<number>(14).fill(0x88));
    const values = decode('IQ4_NL', bytes);
    expect([0, 16, 1, 17].map((i) => values[i])).toEqual([56.5, -63.5, -5, 0.5]);
  });
});
