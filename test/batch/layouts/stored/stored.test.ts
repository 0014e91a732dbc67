import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { at } from '../../../../src/base/at.ts';
import { stored } from '../../../../src/batch/layouts/stored/stored.ts';
import { masked } from '../../../../src/batch/layouts/masked/masked.ts';
import { paddingKeyPlace } from '../../../../src/batch/layouts/masked/masked-batch.ts';
import type { BatchPart, PackedBatch } from '../../../../src/batch/packed-batch.ts';
import { type Segment, storedRows, tokenSegment } from '../../../../src/batch/segment.ts';

const int32 = (batch: PackedBatch, name: string) => {
  const feed = batch.feeds.find((each) => each.name === name);
  return [...(feed?.data ?? [])].map(Number);
};

/** A segment of numbered tokens; `kept` of them are rows of the arena instead. */
function numbered(first: number, kept: number, tokens: number): Segment {
  const ids = Int32Array.from({ length: tokens }, (_, i) => first + kept + i);
  return kept === 0
    ? tokenSegment(ids)
    : { kind: 'states', ids, rows: Int32Array.from({ length: kept }, (_, i) => first + i) };
}

const candidate = fc.record({ kept: fc.nat({ max: 9 }), tokens: fc.integer({ min: 1, max: 9 }) });
const requests = fc.array(
  fc.record({
    prefix: fc.record({ kept: fc.nat({ max: 5 }), tokens: fc.nat({ max: 5 }) }),
    candidates: fc.array(candidate, { minLength: 1, maxLength: 6 }),
  }),
  { minLength: 1, maxLength: 3 },
);

/** Parts whose tokens, stored or not, all have numbers of their own. */
function numberedParts(shape: readonly RequestShape[]): BatchPart[] {
  let next = 100;
  const take = ({ kept, tokens }: { kept: number; tokens: number }) => {
    const segment = numbered(next, kept, tokens);
    next += kept + tokens;
    return segment;
  };
  return shape.map(({ prefix, candidates }) => {
    return { prefix: take(prefix), suffixes: candidates.map(take) };
  });
}
type RequestShape = typeof requests extends fc.Arbitrary<(infer Shape)[]> ? Shape : never;

/** The numbers of the keys that the last row of each candidate sees, in their order. */
function keysOfCandidates(batch: PackedBatch): number[][] {
  const pool = [...(batch.states?.read ?? []), ...int32(batch, 'ids')];
  const tiles: number[][] = [];
  batch.groups.forEach(({ tiles: count, keys }, group) => {
    const index = int32(batch, `group${group}.keyIndex`);
    const places = int32(batch, `group${group}.keyPlace`);
    for (let tile = 0; tile < count; tile++) {
      const own = [...Array(keys).keys()].map((key) => tile * keys + key);
      const seen = own.filter((slot) => at(places, slot) < paddingKeyPlace);
      seen.forEach((slot, place) => expect(at(places, slot)).toBe(place));
      tiles.push(seen.map((slot) => at(pool, at(index, slot))));
    }
  });
  return int32(batch, 'scored').map((tile) => at(tiles, tile));
}

test('a candidate sees its prefix and itself in their order, stored or computed', () => {
  fc.assert(
    fc.property(requests, fc.integer({ min: 1, max: 4 }), (shape, groups) => {
      const parts = numberedParts(shape);
      const all = (segment: Segment) => [...storedRows(segment), ...segment.ids];
      const expected = parts.flatMap(({ prefix, suffixes }) =>
        suffixes.map((suffix) => [...all(prefix), ...all(suffix)]),
      );
      expect(keysOfCandidates(stored.pack(parts, groups))).toEqual(expected);
    }),
  );
});

test('positions count stored tokens, and the tokens that are computed are those of the parts', () => {
  const batch = stored.pack(
    [{ prefix: numbered(0, 3, 2), suffixes: [numbered(10, 4, 2), numbered(20, 0, 3)] }],
    4,
  );
  expect(int32(batch, 'ids')).toEqual([3, 4, 14, 15, 20, 21, 22]);
  expect(int32(batch, 'positions')).toEqual([3, 4, 9, 10, 5, 6, 7]);
  expect(batch.states).toEqual({ read: Int32Array.of(0, 1, 2, 10, 11, 12, 13) });
});

test('states that several requests read are fed once', () => {
  const prefix = numbered(0, 3, 0);
  const hit = numbered(10, 4, 2);
  const own: Segment = { kind: 'states', ids: Int32Array.of(99), rows: storedRows(hit) };
  const batch = stored.pack(
    [
      { prefix, suffixes: [hit] },
      { prefix, suffixes: [own] },
    ],
    4,
  );
  expect(batch.states?.read).toEqual(Int32Array.of(0, 1, 2, 10, 11, 12, 13));
  expect(keysOfCandidates(batch)).toEqual([
    [0, 1, 2, 10, 11, 12, 13, 14, 15],
    [0, 1, 2, 10, 11, 12, 13, 99],
  ]);
});

test('the states to keep are named by packed token, with a gate for the thread that writes', () => {
  const keep = (ids: number[], rows: number[]): Segment => {
    const tokens = rows.length;
    return {
      kind: 'tokens',
      ids: Int32Array.from(ids),
      keep: { key: 'k', tokens, rows: Int32Array.from(rows) },
    };
  };
  const unassigned: Segment = {
    kind: 'tokens',
    ids: Int32Array.of(6, 7),
    keep: { key: 'full', tokens: 1 },
  };
  const parts = [{ prefix: keep([1, 2], [70, 71]), suffixes: [unassigned, keep([3, 4, 5], [80])] }];
  const batch = stored.pack(parts, 4);
  expect(int32(batch, 'kept')).toEqual([0, 1, 4]);
  expect(batch.states?.write?.rows).toEqual(Int32Array.of(70, 71, 80));
  expect(batch.states?.write?.gate.buffer).toBeInstanceOf(SharedArrayBuffer);
});

test('without states the tiles are those of the masked layout', () => {
  const parts = [{ prefix: numbered(0, 0, 4), suffixes: [numbered(5, 0, 3), numbered(9, 0, 7)] }];
  const { feeds, ...batch } = stored.pack(parts, 4);
  const plain = masked.pack(parts, 4);
  expect(feeds.slice(0, -1)).toEqual(plain.feeds);
  expect(batch).toEqual({ ...plain, feeds: undefined, states: { read: new Int32Array() } });
  expect(stored.planGroups(parts, 4)).toEqual(plain.groups);
});

test('the masked layout refuses stored states, and both refuse candidates without a token', () => {
  const prefix = numbered(0, 0, 2);
  const hit = [{ prefix, suffixes: [numbered(5, 3, 1)] }];
  expect(() => masked.pack(hit, 4)).toThrow('this layout reads no stored states');
  expect(() => stored.pack([{ prefix, suffixes: [numbered(5, 3, 0)] }], 4)).toThrow(
    'computes 0 tokens',
  );
  expect(() => stored.pack([{ prefix, suffixes: [] }], 4)).toThrow('has 0 candidates');
});
