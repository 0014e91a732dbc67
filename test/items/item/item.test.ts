import { expect, test } from '@jest/globals';
import { hashContent, usableIds } from '../../../src/items/item/item.ts';

test('equal content has equal hashes, and what moves from title to text does not', () => {
  const hash = hashContent({ title: 'A nurse', text: 'in a ward' });
  expect(hash).toMatch(/^[0-9a-f]{32}$/);
  expect(hashContent({ title: 'A nurse', text: 'in a ward' })).toBe(hash);
  expect(hashContent({ title: 'A nurse in', text: ' a ward' })).not.toBe(hash);
  expect(hashContent({ title: undefined, text: 'A nursein a ward' })).not.toBe(hash);
  expect(hashContent({ title: undefined, text: 'x' })).toBe(hashContent({ title: '', text: 'x' }));
});

test('only token ids of the same encoding are usable, and none of a candidate that is too long', () => {
  const ids = Int32Array.of(1, 2);
  expect(usableIds({ encoded: { encoding: 'e', ids } }, 'e')).toBe(ids);
  expect(usableIds({ encoded: { encoding: 'e', ids } }, 'other')).toBeUndefined();
  expect(usableIds({ encoded: { encoding: 'e', ids: new Int32Array(0) } }, 'e')).toBeUndefined();
  expect(usableIds({ encoded: undefined }, 'e')).toBeUndefined();
});
