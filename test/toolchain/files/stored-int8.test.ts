import { afterAll, describe, expect, it } from '@jest/globals';
import { openSafetensors } from '../../../src/toolchain/files/safetensors.ts';
import {
  int8Companions,
  readDequantized,
  readInt8,
  type StoredTensors,
} from '../../../src/toolchain/files/stored-int8.ts';
import { refusalOf, ScratchFolder } from '../../support/checkpoints/folder.ts';
import { floats } from '../../support/checkpoints/gguf.ts';
import { safetensorsBytes } from '../../support/checkpoints/tiny.ts';

const scratch = new ScratchFolder();
afterAll(() => scratch.remove());

/** A matrix `m` [2, 2] with scales 0.5 and 2, whose row 1 is also stored in floats. */
async function open({ scales = [0.5, 2], scale = 'm.scale', row = 'm.row.1' } = {}) {
  const header = {
    m: { dtype: 'I8', shape: [2, 2], data_offsets: [0, 4] },
    [scale]: { dtype: 'F32', shape: [2], data_offsets: [4, 12] },
    [row]: { dtype: 'F32', shape: [2], data_offsets: [12, 20] },
  };
  const data = Buffer.concat([
    Buffer.from(Int8Array.of(1, -2, 3, 127)),
    floats([...scales, 6.5, 250]),
  ]);
  const { source, tensors } = await openSafetensors(
    scratch.write('int8.safetensors', safetensorsBytes({ header, data })),
  );
  const stored: StoredTensors = new Map(
    [...tensors].map(([name, tensor]) => [name, { source, tensor }]),
  );
  return { stored, close: () => source.close() };
}

describe('an int8 matrix', () => {
  it('is read as it is stored, and in floats with its fp32 rows', async () => {
    const { stored, close } = await open();
    expect(int8Companions('m', stored)).toEqual(['m.scale', 'm.row.1']);
    expect(int8Companions('m.scale', stored)).toEqual([]);
    const { values, scales } = await readInt8('m', stored);
    expect([[...values], [...scales]]).toEqual([
      [1, -2, 3, 127],
      [0.5, 2],
    ]);
    expect([...(await readDequantized('m', stored))]).toEqual([0.5, -1, 6.5, 250]);
    await close();
  });

  it.each([
    [{ scale: 'm.scalx' }, /tensor "m.scale": the form is missing; allowed: F32 \[2\]/],
    [{ row: 'm.row.2' }, /tensor "m.row.2": the row is 2; allowed: below 2/],
  ])('is refused with %j', async (change, message) => {
    const { stored, close } = await open(change);
    expect(() => int8Companions('m', stored)).toThrow(message);
    await close();
  });

  it('is refused when a scale is not above 0', async () => {
    const { stored, close } = await open({ scales: [0.5, 0] });
    expect(await refusalOf(() => readInt8('m', stored))).toMatch(
      /tensor "m.scale": scale 1 is 0; allowed: numbers above 0/,
    );
    await close();
  });
});
