import { expect, test } from '@jest/globals';
import { hashContent } from '../../../src/items/item/item.ts';

test('equal content has equal hashes, and what moves from title to text does not', () => {
  const hash = hashContent({ title: 'A nurse', text: 'in a ward' });
  expect(hash).toMatch(/^[0-9a-f]{32}$/);
  expect(hashContent({ title: 'A nurse', text: 'in a ward' })).toBe(hash);
  expect(hashContent({ title: 'A nurse in', text: ' a ward' })).not.toBe(hash);
  expect(hashContent({ title: undefined, text: 'A nursein a ward' })).not.toBe(hash);
  expect(hashContent({ title: undefined, text: 'x' })).toBe(hashContent({ title: '', text: 'x' }));
});
