import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ItemRecord } from '../../../src/items/store/item-store.ts';
import { hashContent, type Wanted } from '../../../src/items/item/item.ts';
import {
  applyDelete,
  applyPut,
  applyRecord,
  applyResult,
  type Stored,
} from '../../../src/items/store/apply-write.ts';
import { putOf, summaryOf } from '../../support/items/stores.ts';

const nothing: Stored = { kind: 'nothing' };
const wanted: Wanted = {
  summary: { method: 'search', version: '1' },
  encoding: undefined,
  mostFailures: 2,
};

function stored(version: number, text = 'text', summary = summaryOf('short')): Stored {
  const applied = applyPut(nothing, { ...putOf('a', version, text), summary }, 10);
  return applied.stored ?? nothing;
}

describe('a put', () => {
  test('under a new version has new content wait, and forgets what was made of the old', () => {
    const { outcome, stored: after, source } = applyPut(stored(1), putOf('a', 2, 'other'), 20);
    expect(outcome).toBe('stored');
    expect(after).toMatchObject({
      kind: 'item',
      head: { version: 2n, summary: undefined, waitingSinceMs: 20, updatedAtMs: 20 },
    });
    expect(source).toEqual({ text: 'other' });
  });

  test('of the same content keeps its waiting time and what was made of it', () => {
    const { outcome, stored: after, source } = applyPut(stored(1), putOf('a', 2, 'text'), 20);
    expect(outcome).toBe('stored');
    expect(after).toMatchObject({
      head: { version: 2n, summary: summaryOf('short'), waitingSinceMs: 10, updatedAtMs: 20 },
    });
    expect(source).toBeUndefined();
  });

  test('again brings a first summary, but takes the place of none', () => {
    const again = { ...putOf('a', 1, 'text'), summary: summaryOf('other', 'fallback') };
    const bare = applyPut(nothing, putOf('a', 1, 'text'), 10).stored ?? nothing;
    expect(applyPut(bare, again, 20)).toMatchObject({
      outcome: 'unchanged',
      stored: { head: { summary: again.summary } },
    });
    expect(applyPut(stored(1), again, 20)).toMatchObject({
      outcome: 'unchanged',
      stored: { head: { summary: summaryOf('short') } },
    });
  });
});

test('a delete beats a put of its version, whichever comes first', () => {
  const gone = applyDelete(stored(5), { id: 'a', version: 5n });
  expect(gone).toEqual({ outcome: 'deleted', stored: { kind: 'tombstone', version: 5n } });
  expect(applyPut(gone.stored ?? nothing, putOf('a', 5), 1)).toEqual({ outcome: 'older' });
  const later = applyDelete({ kind: 'tombstone', version: 5n }, { id: 'a', version: 7n });
  expect(later).toEqual({ outcome: 'missing', stored: { kind: 'tombstone', version: 7n } });
  expect(applyDelete(nothing, { id: 'a', version: undefined })).toEqual({ outcome: 'missing' });
});

describe('a result', () => {
  const item = stored(1);
  const contentHash = item.kind === 'item' ? item.head.contentHash : '';
  const ids = { encoding: 'ids', ids: Int32Array.of(1) };

  test('with a summary drops the token ids of the one before; ids alone keep the summary', () => {
    const encoded = applyResult(
      item,
      { id: 'a', contentHash, summary: undefined, encoded: ids },
      wanted,
      30,
    );
    expect(encoded.stored).toMatchObject({ head: { summary: summaryOf('short'), encoded: ids } });
    const summary = summaryOf('shorter', 'search', '2');
    const { stored: after } = applyResult(
      encoded.stored ?? nothing,
      { id: 'a', contentHash, summary, encoded: undefined },
      wanted,
      30,
    );
    expect(after).toMatchObject({ head: { summary, encoded: undefined, waitingSinceMs: 10 } });
  });

  test('of other content is ignored', () => {
    const late = { id: 'a', contentHash: 'other', summary: undefined, encoded: ids };
    expect(applyResult(item, late, wanted, 30)).toEqual({ outcome: 'ignored' });
    expect(applyResult(nothing, late, wanted, 30)).toEqual({ outcome: 'ignored' });
  });

  test('that failed is tried again later, and parked at the last failure', () => {
    const failed = {
      id: 'a',
      contentHash,
      summary: undefined,
      encoded: undefined,
      hasFailed: true,
    };
    const once = applyResult(item, failed, wanted, 30).stored ?? nothing;
    expect(once).toMatchObject({ head: { failures: 1, waitingSinceMs: 30 } });
    const twice = applyResult(once, failed, wanted, 40).stored ?? nothing;
    expect(twice).toMatchObject({
      head: { failures: 2, progress: expect.stringContaining('parked') },
    });
    expect(applyPut(twice, putOf('a', 2, 'other'), 50).stored).toMatchObject({
      head: { failures: 0, progress: expect.not.stringContaining('parked') },
    });
  });
});

describe('a record of another server', () => {
  const itemRecord = (version: number, text = 'text', method?: string): ItemRecord => ({
    ...putOf('a', version, text),
    kind: 'item',
    summary: method === undefined ? undefined : summaryOf('short', method),
  });
  const deleted = (version: number): ItemRecord => ({
    kind: 'tombstone',
    id: 'a',
    version: BigInt(version),
  });
  const merge = (before: Stored, record: ItemRecord) => applyRecord(before, record, wanted, 50);

  test.each<[string, Stored, ItemRecord, 'taken' | 'known']>([
    ['of a new id', nothing, itemRecord(1), 'taken'],
    ['of a higher version', stored(1), itemRecord(2, 'other'), 'taken'],
    ['of a higher version of the same texts', stored(1), itemRecord(2), 'taken'],
    ['of a lower version', stored(3), itemRecord(2, 'other'), 'known'],
    ['of the same version and texts', stored(1), itemRecord(1), 'known'],
    ['that deletes a lower version', stored(1), deleted(2), 'taken'],
    ['that deletes this version', stored(2), deleted(2), 'taken'],
    ['that deletes an earlier version', stored(2), deleted(1), 'known'],
    ['that deletes what never came', nothing, deleted(1), 'taken'],
    ['of a version that is deleted', { kind: 'tombstone', version: 2n }, itemRecord(2), 'known'],
    ['of the same delete', { kind: 'tombstone', version: 2n }, deleted(2), 'known'],
    ['of a later delete', { kind: 'tombstone', version: 2n }, deleted(3), 'taken'],
  ])('%s is taken, or was known', (_, before, record, outcome) => {
    const applied = merge(before, record);
    expect(applied.outcome).toBe(outcome);
    expect(applied.stored === undefined).toBe(outcome === 'known');
  });

  test('with a wanted summary takes the place of another, and of failures', () => {
    const first = stored(1, 'text', summaryOf('first', 'fallback'));
    expect(merge(first, itemRecord(1, 'text', 'search'))).toMatchObject({
      outcome: 'taken',
      stored: { head: { summary: summaryOf('short'), waitingSinceMs: 10 } },
    });
    expect(merge(stored(1), itemRecord(1, 'text', 'fallback')).outcome).toBe('known');
    const failed = { id: 'a', contentHash: hashContent(putOf('a', 1, 'text')), hasFailed: true };
    const result = { ...failed, summary: undefined, encoded: undefined };
    const once = applyResult(first, result, wanted, 20).stored ?? nothing;
    const parked = applyResult(once, result, wanted, 30).stored ?? nothing;
    expect(merge(parked, itemRecord(1, 'text', 'search')).stored).toMatchObject({
      head: { failures: 0, summary: { method: 'search' } },
    });
  });

  test('in any order and number leaves the same version and texts', () => {
    const record = fc
      .record({ version: fc.integer({ min: 1, max: 3 }), text: fc.constantFrom('x', 'y', '') })
      .map(({ version, text }) => (text === '' ? deleted(version) : itemRecord(version, text)));
    const orders = fc
      .array(record, { minLength: 1, maxLength: 8 })
      .chain((records) =>
        fc.tuple(fc.constant(records), fc.shuffledSubarray(records, { minLength: records.length })),
      );
    const finalOf = (records: readonly ItemRecord[]) => {
      const after = records.reduce<Stored>(
        (before, each) => merge(before, each).stored ?? before,
        nothing,
      );
      return after.kind === 'item' ? [after.head.version, after.head.contentHash] : after;
    };
    fc.assert(
      fc.property(orders, ([records, shuffled]) => {
        expect(finalOf([...shuffled, ...records])).toEqual(finalOf(records));
      }),
    );
  });
});
