import { afterAll, describe, expect, it } from '@jest/globals';
import { CheckpointFile, readValues } from '../../../src/toolchain/files/checkpoint-file.ts';
import type { StoredTensor } from '../../../src/toolchain/files/tensor-type.ts';
import { refusalOf, ScratchFolder } from '../../support/checkpoints/folder.ts';
import { floats } from '../../support/checkpoints/gguf.ts';

const scratch = new ScratchFolder();
afterAll(() => scratch.remove());

const tensor: StoredTensor = { name: 't', type: 'F32', shape: [2], offset: 4, byteLength: 8 };

describe('a checkpoint file', () => {
  it('is read by position', async () => {
    const file = await CheckpointFile.open(scratch.write('a', floats([1, 2, 3])));
    expect(file.bytes).toBe(12);
    expect(file.readNow(4, 4).readFloatLE()).toBe(2);
    const target = new Uint8Array(4);
    await file.readInto(target, 8);
    expect(Buffer.from(target).readFloatLE()).toBe(3);
    expect([...(await readValues(file, tensor))]).toEqual([2, 3]);
    await file.close();
  });

  it('reports a read past its end', async () => {
    const file = await CheckpointFile.open(scratch.write('short', floats([1])));
    const message = 'short: truncated: 8 bytes wanted at 4; the file has 4';
    expect(() => file.readNow(4, 8)).toThrow(message);
    expect(await refusalOf(() => file.readInto(new Uint8Array(8), 4))).toContain(message);
    await file.close();
  });

  it('refuses values that are not finite', async () => {
    const file = await CheckpointFile.open(scratch.write('nan', floats([0, 1, Infinity])));
    expect(await refusalOf(() => readValues(file, tensor))).toContain(
      'nan: tensor "t": value 1 is "Infinity"; allowed: finite numbers',
    );
    await file.close();
  });

  it('reports a folder and a missing file by name', async () => {
    expect(await refusalOf(() => CheckpointFile.open(scratch.path))).toBe(
      `${scratch.path}: cannot be read: not a regular file`,
    );
    expect(await refusalOf(() => CheckpointFile.open('/nowhere/x'))).toMatch(
      /^\/nowhere\/x: cannot be read: .*ENOENT/,
    );
  });
});
