import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { at } from '../../../../src/base/at.ts';
import { masked, packMasked } from '../../../../src/batch/layouts/masked/masked.ts';
import {
  type MaskedBatch,
  paddingKeyPlace,
} from '../../../../src/batch/layouts/masked/masked-batch.ts';
import { packedTokens } from '../../../../src/batch/layouts/tokens.ts';
import { type TokenPart, tokenPart } from '../../../../src/batch/packed-batch.ts';
import { paddedSlots, realSlots } from '../../../../src/batch/slots.ts';

const packParts = (parts: readonly TokenPart[], attentionGroups: number) =>
  packMasked(parts.map(tokenPart), attentionGroups);

/** The slots of real rows and real keys, read back from the buffers. */
function countRealSlots({ groups }: MaskedBatch): number {
  let slots = 0;
  for (const { tiles, rows, keys, rowPlace, keyPlace } of groups) {
    for (let tile = 0; tile < tiles; tile++) {
      const ownRows = rowPlace.subarray(tile * rows, (tile + 1) * rows);
      const ownKeys = keyPlace.subarray(tile * keys, (tile + 1) * keys);
      slots +=
        ownRows.filter((place) => place >= 0).length *
        ownKeys.filter((place) => place < paddingKeyPlace).length;
    }
  }
  return slots;
}

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
    prefix: fc.integer({ min: 0, max: 12 }),
    suffixes: fc.array(fc.integer({ min: 1, max: 18 }), { minLength: 1, maxLength: 8 }),
  }),
  { minLength: 1, maxLength: 4 },
);
const groupCounts = fc.integer({ min: 1, max: 4 });

interface SeenRow {
  readonly token: number;
  readonly keys: number[];
}

/** The keys that every real row attends to, as token ids, read from the tiles as the graph does. */
function rowsOf(batch: MaskedBatch): Map<number, SeenRow[]> {
  const seen = new Map<number, SeenRow[]>();
  let rowsBefore = 0;
  for (const group of batch.groups) {
    for (let row = 0; row < group.tiles * group.rows; row++) {
      const tile = Math.floor(row / group.rows);
      const keys: number[] = [];
      for (let key = tile * group.keys; key < (tile + 1) * group.keys; key++) {
        if (at(group.keyPlace, key) <= at(group.rowPlace, row)) {
          keys.push(at(batch.ids, at(group.keyIndex, key)));
        }
      }
      if (keys.length > 0) {
        const place = rowsBefore + row;
        const token = at(batch.ids, at(group.rowIndex, row));
        seen.set(place, [...(seen.get(place) ?? []), { token, keys }]);
      }
    }
    rowsBefore += group.tiles * group.rows;
  }
  return seen;
}

describe('the masked layout', () => {
  it('lays a request out as its prefix once and its candidates after it', () => {
    const batch = packParts(
      [{ prefix: Int32Array.of(1, 2), suffixes: [Int32Array.of(3, 4, 5), Int32Array.of(6)] }],
      2,
    );
    expect([...batch.ids]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...batch.positions]).toEqual([0n, 1n, 2n, 3n, 4n, 2n]);
    // Key lengths 2, 5 and 3 round up to 4, 8 and 4: the prefix and the short candidate share a
    // shape.
    expect(batch.groups.map(({ tiles, rows, keys }) => [tiles, rows, keys])).toEqual([
      [2, 2, 4],
      [1, 3, 8],
    ]);
    expect([...(batch.groups[1]?.keyIndex ?? [])].slice(0, 5)).toEqual([0, 1, 2, 3, 4]);
    expect([...(batch.groups[1]?.rowPlace ?? [])]).toEqual([2, 3, 4]);
    expect([...batch.untile]).toEqual([0, 1, 4, 5, 6, 2]);
    expect([...batch.scored]).toEqual([2, 1]);
  });

  it('lets every token see exactly the tokens before it in its own row, and nothing else', () => {
    fc.assert(
      fc.property(partShapes, groupCounts, (shape, attentionGroups) => {
        const parts = numberedParts(shape);
        const batch = packParts(parts, attentionGroups);
        const seen = rowsOf(batch);
        const expected = new Map<number, number[]>();
        for (const { prefix, suffixes } of parts) {
          prefix.forEach((token, i) => expected.set(token, [...prefix.slice(0, i + 1)]));
          suffixes.forEach((suffix) =>
            suffix.forEach((token, i) =>
              expected.set(token, [...prefix, ...suffix.slice(0, i + 1)]),
            ),
          );
        }
        const found = new Map<number, number[]>();
        batch.untile.forEach((place, index) => {
          const token = at(batch.ids, index);
          const rows = seen.get(place) ?? [];
          const own = rows.length === 1 && rows[0]?.token === token;
          found.set(token, own ? (rows[0]?.keys ?? []) : []);
        });
        expect(found).toEqual(expected);
        expect(seen.size).toBe(expected.size);
      }),
    );
  });

  it('packs every token exactly once', () => {
    fc.assert(
      fc.property(partShapes, groupCounts, (shape, attentionGroups) => {
        const parts = numberedParts(shape);
        const batch = packParts(parts, attentionGroups);
        expect(batch.ids).toHaveLength(packedTokens(parts.map(tokenPart)));
        expect([...batch.ids].sort((a, b) => a - b)).toEqual(
          parts.flatMap(({ prefix, suffixes }) => [prefix, ...suffixes]).flatMap((t) => [...t]),
        );
        expect(new Set(batch.untile).size).toBe(batch.ids.length);
      }),
    );
  });

  it('reads each score at the last token of its candidate, in the order of candidates', () => {
    fc.assert(
      fc.property(partShapes, groupCounts, (shape, attentionGroups) => {
        const parts = numberedParts(shape);
        const batch = packParts(parts, attentionGroups);
        const lasts = batch.groups.flatMap((group) =>
          [...group.lastIndex].map((token, i) => ({ token, place: group.lastPlace[i] })),
        );
        const read = [...batch.scored].map((tile) => {
          const { token, place } = at(lasts, tile);
          return { token: batch.ids[token], place };
        });
        expect(read).toEqual(
          parts.flatMap(({ prefix, suffixes }) =>
            suffixes.map((suffix) => ({
              token: suffix.at(-1),
              place: prefix.length + suffix.length - 1,
            })),
          ),
        );
      }),
    );
  });

  it('keeps every index within the packed tokens and every buffer in its shape', () => {
    fc.assert(
      fc.property(partShapes, groupCounts, (shape, attentionGroups) => {
        const batch = packParts(numberedParts(shape), attentionGroups);
        const tokens = batch.ids.length;
        expect(batch.groups).toHaveLength(attentionGroups);
        for (const group of batch.groups) {
          expect(group.tiles * group.rows * group.keys).toBeGreaterThan(0);
          expect(group.rowIndex).toHaveLength(group.tiles * group.rows);
          expect(group.keyPlace).toHaveLength(group.tiles * group.keys);
          for (const index of [group.rowIndex, group.keyIndex, group.lastIndex]) {
            expect(index.every((token) => token >= 0 && token < tokens)).toBe(true);
          }
        }
      }),
    );
  });

  it('fills unused groups with one dummy tile that counts as padding', () => {
    const batch = packParts(numberedParts([{ prefix: 0, suffixes: [4, 4] }]), 4);
    expect(batch.groups.map(({ tiles, rows, keys }) => [tiles, rows, keys])).toEqual([
      [2, 4, 4],
      [1, 1, 1],
      [1, 1, 1],
      [1, 1, 1],
    ]);
    expect([countRealSlots(batch), paddedSlots(batch)]).toEqual([32, 35]);
  });

  it('has as many real slots as its parts', () => {
    fc.assert(
      fc.property(partShapes, groupCounts, (shape, attentionGroups) => {
        const parts = numberedParts(shape);
        const batch = packParts(parts, attentionGroups);
        expect(countRealSlots(batch)).toBe(realSlots(parts.map(tokenPart)));
        expect(paddedSlots(batch)).toBeGreaterThanOrEqual(countRealSlots(batch));
      }),
    );
  });

  it('plans the groups that it packs, and feeds as many values as the dimensions say', () => {
    fc.assert(
      fc.property(partShapes, groupCounts, (shape, attentionGroups) => {
        const parts = numberedParts(shape).map(tokenPart);
        const batch = masked.pack(parts, attentionGroups);
        expect(batch.groups).toEqual(masked.planGroups(parts, attentionGroups));
        expect([batch.tokens, batch.candidates]).toEqual([
          packedTokens(parts),
          parts.reduce((sum, { suffixes }) => sum + suffixes.length, 0),
        ]);
        for (const { data, dims } of batch.feeds) {
          expect(data).toHaveLength(dims.reduce((product, dim) => product * dim, 1));
        }
      }),
    );
  });
});
