import { afterAll, describe, expect, it } from '@jest/globals';
import { CheckpointFile } from '../../../src/toolchain/files/checkpoint-file.ts';
import { GgufCursor } from '../../../src/toolchain/gguf/cursor.ts';
import { ScratchFolder } from '../../support/checkpoints/folder.ts';
import { text, uint32, uint64 } from '../../support/checkpoints/gguf.ts';

const scratch = new ScratchFolder();
afterAll(() => scratch.remove());

async function open(...parts: Uint8Array[]) {
  const source = await CheckpointFile.open(scratch.write('c', Buffer.concat(parts)));
  return { cursor: new GgufCursor(source), close: () => source.close() };
}

describe('a cursor', () => {
  it('reads numbers and strings one after the other', async () => {
    const { cursor, close } = await open(uint32(7), uint64(2n ** 63n), text('naïve'), uint32(9));
    expect(cursor.uint32()).toBe(7);
    expect(cursor.uint64()).toBe(2n ** 63n);
    expect(cursor.string(6)).toBe('naïve');
    expect(cursor.position).toBe(26);
    expect(cursor.uint32()).toBe(9);
    await close();
  });

  it('reads strings longer than its window, and across its end', async () => {
    const strings = ['a'.repeat(200_000), 'b'.repeat(100_000), 'c'.repeat(600_000), 'd'];
    const { cursor, close } = await open(...strings.map(text));
    expect(strings.map(() => cursor.string(1e6))).toEqual(strings);
    await close();
  });

  it('copies bytes, so that later reads do not change them', async () => {
    const { cursor, close } = await open(uint32(1), new Uint8Array(600_000).fill(5));
    const copied = cursor.copy(4);
    cursor.copy(600_000);
    expect(new DataView(copied).getUint32(0, true)).toBe(1);
    await close();
  });

  it('names the part that is being read when a string is too long or not UTF-8', async () => {
    const { cursor, close } = await open(text('abc'), text(Buffer.of(0xff)), uint32(0));
    cursor.where = 'f: key 3';
    expect(() => cursor.string(2)).toThrow(
      'f: key 3: the length of a string is 3; allowed: at most 2 bytes',
    );
    cursor.copy(3);
    expect(() => cursor.string(9)).toThrow('f: key 3: a string is "not UTF-8"; allowed: UTF-8');
    expect(() => cursor.assertRemaining(5)).toThrow(
      'f: key 3: the number of bytes that follow is 5; allowed: 4 (left in the file)',
    );
    await close();
  });
});
