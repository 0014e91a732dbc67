import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { at } from '../../../../src/base/at.ts';
import { lengths, packLengths } from '../../../../src/batch/layouts/lengths/lengths.ts';
import type { LengthsBatch } from '../../../../src/batch/layouts/lengths/lengths-feeds.ts';
import { packedTokens } from '../../../../src/batch/layouts/tokens.ts';
import { type TokenPart, tokenPart } from '../../../../src/batch/packed-batch.ts';

/** Parts whose token ids are unique, so that a token shows where it came from. */
function numberedParts(shape: readonly { prefix: number; suffixes: readonly number[] }[]) {
  let next = 100;
  const take = (length: number) => Int32Array.from({ length }, () => next++);
  return shape.map(
    ({ prefix, suffixes }): TokenPart => ({ prefix: take(prefix), suffixes: suffixes.map(take) }),
  );
}

const partShapes = fc.array(
  fc.record({
    prefix: fc.integer({ min: 0, max: 40 }),
    suffixes: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 }),
  }),
  { minLength: 1, maxLength: 4 },
);

/** The keys that a packed token sees, as token ids, read from its tile as the graph does. */
function keysOf(batch: LengthsBatch, token: number): number[] {
  const tile = Number(batch.untile[2 * token]);
  const row = Number(batch.untile[2 * token + 1]);
  expect(batch.rows[tile * batch.tileRows + row]).toBe(token);
  return keysOfTile(batch, tile, Number(batch.lengths[tile]) - batch.tileRows + row + 1);
}

function keysOfTile(batch: LengthsBatch, tile: number, count: number): number[] {
  const start = tile * batch.tileKeys;
  return [...batch.keys.subarray(start, start + count)].map((key) => at(batch.ids, key));
}

describe('the lengths layout', () => {
  it('has one tile for each short segment, with the keys of its prefix', () => {
    const batch = packLengths(numberedParts([{ prefix: 2, suffixes: [3, 1] }]).map(tokenPart));
    expect([batch.tiles, batch.tileRows, batch.tileKeys]).toEqual([3, 3, 8]);
    expect([...batch.rows]).toEqual([0, 1, 1, 2, 3, 4, 5, 5, 5]);
    expect([...batch.keys]).toEqual(
      [
        [0, 1, 1, 1, 1, 1, 1, 1],
        [0, 1, 2, 3, 4, 4, 4, 4],
        [0, 1, 5, 5, 5, 5, 5, 5],
      ].flat(),
    );
    expect([...batch.lengths]).toEqual([3n, 5n, 5n]);
    expect([...batch.lastRows]).toEqual([4, 5]);
    expect([...batch.lastTiles]).toEqual([1, 2]);
    expect([...batch.lastLengths]).toEqual([5n, 3n]);
  });

  it('lets every token see exactly the tokens before it in its own row, and nothing else', () => {
    fc.assert(
      fc.property(partShapes, (shape) => {
        const parts = numberedParts(shape);
        const batch = packLengths(parts.map(tokenPart));
        let token = 0;
        for (const { prefix, suffixes } of parts) {
          for (const [segment, before] of [
            [prefix, []] as const,
            ...suffixes.map((suffix) => [suffix, [...prefix]] as const),
          ]) {
            segment.forEach((_id, i) => {
              expect(keysOf(batch, token)).toEqual([...before, ...segment.slice(0, i + 1)]);
              token += 1;
            });
          }
        }
      }),
    );
  });

  it('reads each score at the last token of its candidate, with all its keys', () => {
    fc.assert(
      fc.property(partShapes, (shape) => {
        const parts = numberedParts(shape);
        const batch = packLengths(parts.map(tokenPart));
        const rows = parts.flatMap(({ prefix, suffixes }) =>
          suffixes.map((suffix) => [...prefix, ...suffix]),
        );
        expect(Array.from(batch.lastRows, (token) => at(batch.ids, token))).toEqual(
          rows.map((row) => row.at(-1)),
        );
        expect(
          rows.map((_row, i) =>
            keysOfTile(batch, at(batch.lastTiles, i), Number(batch.lastLengths[i])),
          ),
        ).toEqual(rows);
      }),
    );
  });

  it('plans the group that it packs, and every index is a packed token', () => {
    fc.assert(
      fc.property(partShapes, (shape) => {
        const parts = numberedParts(shape).map(tokenPart);
        const batch = lengths.pack(parts, 1);
        expect(batch.groups).toEqual(lengths.planGroups(parts, 1));
        expect([batch.tokens, batch.candidates]).toEqual([
          packedTokens(parts),
          parts.reduce((sum, { suffixes }) => sum + suffixes.length, 0),
        ]);
        const { rows, keys, lengths: counts, tileKeys } = packLengths(parts);
        for (const index of [rows, keys]) {
          expect(index.every((token) => token >= 0 && token < batch.tokens)).toBe(true);
        }
        expect(counts.every((count) => count <= BigInt(tileKeys))).toBe(true);
      }),
    );
  });
});
