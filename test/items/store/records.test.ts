import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type HeadRecord,
  packHead,
  packSource,
  unpackHead,
  unpackSource,
} from '../../../src/items/store/records.ts';
import { summaryOf } from '../../support/items/stores.ts';

const head: HeadRecord = {
  id: 'a',
  version: 2n ** 63n + 1n,
  title: 'A title',
  contentHash: '00ff'.repeat(8),
  updatedAtMs: 1_700_000_000_000.25,
  waitingSinceMs: 5,
  failures: 2,
  progress: '["",""]',
  summary: undefined,
  encoded: undefined,
};

test('a head comes back whole, with and without summary and token ids', () => {
  const full = {
    ...head,
    summary: {
      ...summaryOf('short'),
      kept: [
        { start: 1, end: 4 },
        { start: 9, end: 12 },
      ],
    },
    encoded: { encoding: 'ids', ids: Int32Array.of(5) },
  };
  for (const each of [
    head,
    { ...head, title: undefined },
    full,
    { ...head, summary: { ...summaryOf(''), kept: [] } },
  ]) {
    expect(unpackHead('a', packHead(each))).toEqual(each);
  }
});

test('token ids of any size come back, in two bytes each where that is enough', () => {
  const bytesOf = (ids: Int32Array) =>
    packHead({ ...head, encoded: { encoding: 'e', ids } })[7]?.[2].length;
  expect(bytesOf(Int32Array.of(0, 65_535))).toBe(4);
  expect(bytesOf(Int32Array.of(0, 65_536))).toBe(8);
  fc.assert(
    fc.property(fc.int32Array({ min: 0 }), (ids) => {
      const packed = packHead({ ...head, encoded: { encoding: 'e', ids } });
      expect(unpackHead('a', packed).encoded?.ids).toEqual(ids);
    }),
  );
});

test('token ids are read from bytes at an odd address', () => {
  const packed = packHead({ ...head, encoded: { encoding: 'e', ids: Int32Array.of(258, 3) } });
  const bytes = packed[7]?.[2];
  const shifted = new Uint8Array(9);
  shifted.set(bytes ?? new Uint8Array(), 1);
  const moved = [...packed.slice(0, 7), ['e', 2, shifted.subarray(1, 5)], ''] as unknown;
  expect(unpackHead('a', moved as typeof packed).encoded?.ids).toEqual(Int32Array.of(258, 3));
});

test('a source comes back', () => {
  for (const text of ['text', '']) {
    expect(unpackSource(packSource({ text }))).toEqual({ text });
  }
});
