import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findDataFile, readLines, readLinesOf } from '../../../src/base/files/read-lines.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function linesOf(content: string | Buffer, maxBytes?: number): Promise<[number, string][]> {
  const file = join(temporaryFolder({ lines: content }), 'lines');
  const lines: [number, string][] = [];
  for await (const { line, text } of readLines(file, maxBytes)) {
    lines.push([line, text]);
  }
  return lines;
}

describe('readLines', () => {
  test('skips but counts blank lines; accepts both line ends, a byte order mark, a missing last line end', async () => {
    expect(await linesOf('\uFEFFa\r\n\n  \nb\nc')).toEqual([
      [1, 'a'],
      [4, 'b'],
      [5, 'c'],
    ]);
  });

  test('recognises gzip by its bytes and reads the same lines as from plain text', async () => {
    const text = Array.from({ length: 20_000 }, (_, i) => `line ${i} é 漢字 😀`).join('\n');
    expect(await linesOf(gzipSync(text))).toEqual(await linesOf(text));
  });

  test('returns all lines, wherever chunks are cut', async () => {
    const line = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => {
      return text.trim() !== '' && !/[\r\n\uFEFF]/.test(text);
    });
    await fc.assert(
      fc.asyncProperty(fc.array(line), async (lines) => {
        expect(await linesOf(lines.join('\n'))).toEqual(lines.map((text, i) => [i + 1, text]));
      }),
      { numRuns: 50 },
    );
  });

  test('an empty file has no lines', async () => {
    expect(await linesOf('')).toEqual([]);
  });

  test('a line over the limit is refused before all of it is in memory', async () => {
    await expect(linesOf('ab\nabcdef', 5)).rejects.toThrow(
      /lines:2: found a longer line; expected at most 5 bytes/,
    );
    const bomb = gzipSync(Buffer.alloc(2 ** 22, 'x'));
    await expect(linesOf(bomb, 1_000)).rejects.toThrow(/lines:1: .*at most 1000 bytes/);
  });

  test('the error for bytes that are not UTF-8 names the line', async () => {
    await expect(linesOf(Buffer.from([0x61, 0x0a, 0xff, 0xfe]))).rejects.toThrow(
      /lines:2: found bytes that are not UTF-8/,
    );
  });

  test('cut and damaged gzip is an error, never a shorter file', async () => {
    const random = Array.from({ length: 5_000 }, (_, i) => String((i * 7919) % 10_007)).join('\n');
    const packed = gzipSync(random);
    await expect(linesOf(packed.subarray(0, packed.length / 2))).rejects.toThrow(
      /lines:\d+: reading failed: .*unexpected end of file/,
    );
    const damaged = Buffer.from(packed);
    damaged.writeUInt32LE(0, damaged.length - 8);
    await expect(linesOf(damaged)).rejects.toThrow(/reading failed/);
  });

  test('a missing file is named', async () => {
    const read = readLines('/nowhere/at/all.tsv').next();
    await expect(read).rejects.toThrow(/\/nowhere\/at\/all\.tsv: cannot be read/);
  });
});

describe('readLinesOf', () => {
  const read = async (stream: Readable) => {
    const lines: [string, number, string][] = [];
    for await (const { file, line, text } of readLinesOf({ name: 'input', open: () => stream })) {
      lines.push([file, line, text]);
    }
    return lines;
  };
  const byteByByte = (bytes: Buffer) => Readable.from(Array.from(bytes, (byte) => Buffer.of(byte)));

  test.each([
    ['plain', Buffer.from('a\n\né')],
    ['gzip', gzipSync('a\n\né')],
    ['one byte', Buffer.from('a')],
  ])('reads a pipe that gives its bytes one by one: %s', async (_, bytes) => {
    const all = [
      ['input', 1, 'a'],
      ['input', 3, 'é'],
    ];
    expect(await read(byteByByte(bytes))).toEqual(all.slice(0, bytes.length === 1 ? 1 : 2));
  });

  test('the error of a broken stream names the line', async () => {
    async function* broken() {
      yield await Promise.resolve(Buffer.from('a\nb\n'));
      throw new Error('gone');
    }
    await expect(read(Readable.from(broken()))).rejects.toThrow('input:3: reading failed: gone');
  });
});

describe('findDataFile', () => {
  test('finds a file plain or gzipped, and names both when there is neither', async () => {
    const folder = temporaryFolder({ 'a.tsv': '', 'b.tsv.gz': '' });
    expect(await findDataFile(folder, 'a.tsv')).toBe(join(folder, 'a.tsv'));
    expect(await findDataFile(folder, 'b.tsv')).toBe(join(folder, 'b.tsv.gz'));
    await expect(findDataFile(folder, 'c.tsv')).rejects.toThrow(
      /found neither c\.tsv nor c\.tsv\.gz/,
    );
  });
});
