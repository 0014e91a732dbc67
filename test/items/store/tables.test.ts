import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  indexKey,
  indexPrefix,
  openRoot,
  openTables,
  readIndexKey,
  usedBytes,
} from '../../../src/items/store/tables.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('index keys come in the order of progress, waiting time and id, and are read back', () => {
  const moments = fc.double({ min: 0, max: 4e12, noNaN: true });
  const ids = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' });
  fc.assert(
    fc.property(moments, moments, ids, ids, (one, other, id, otherId) => {
      const first = indexKey('word', one, id);
      expect(readIndexKey(first)).toEqual({ waitingSinceMs: Math.abs(one), id });
      const byTime = Math.sign(one - other);
      const byId = Buffer.from(id).compare(Buffer.from(otherId));
      expect(first.compare(indexKey('word', other, otherId))).toBe(byTime === 0 ? byId : byTime);
      expect(first.subarray(0, indexPrefix('word').length)).toEqual(indexPrefix('word'));
      expect(first.compare(indexKey('word more', 0, ''))).toBe(-1);
    }),
  );
});

test('bytes in use grow with what is stored, and shrink again', async () => {
  const tables = openTables(openRoot(temporaryFolder(), false));
  const empty = usedBytes(tables);
  const key = Buffer.from('a');
  await tables.sources.put(key, ['x'.repeat(100_000)]);
  expect(usedBytes(tables)).toBeGreaterThanOrEqual(empty + 100_000);
  await tables.sources.remove(key);
  expect(usedBytes(tables)).toBe(empty);
  await tables.root.close();
});
