import { describe, expect, test } from '@jest/globals';
import { withWholeTexts } from '../../../src/desk/shadow/whole-texts.ts';
import type { Item } from '../../../src/items/item/item.ts';
import { testRequest } from '../../support/models/tiny-pipeline.ts';

const item = { id: 'a', version: 3n, title: 'Nurse', text: 'the whole text' } as Item;
const store = { get: (id: string) => (id === 'a' ? item : undefined) };
const own = { id: 'b', title: undefined, text: 'its own text', version: 'v' };

function storedAs(id: string, version: bigint) {
  const stored = { source: 'SUMMARY' as const, version, kept: [], ids: Int32Array.of(1) };
  return { id, title: 'Nurse', text: 'whole', version: undefined, stored };
}

describe('withWholeTexts', () => {
  test('puts whole texts in the place of summaries, and keeps texts of the request', async () => {
    const request = { ...testRequest('q', []), candidates: [storedAs('a', 3n), own] };
    expect(await withWholeTexts(request, store)).toEqual({
      ...request,
      candidates: [{ id: 'a', title: 'Nurse', text: 'the whole text', version: undefined }, own],
    });
  });

  test.each([
    ['is gone', storedAs('gone', 3n)],
    ['has another version', storedAs('a', 2n)],
  ])('gives nothing when an item %s', async (_, candidate) => {
    const request = { ...testRequest('q', []), candidates: [candidate] };
    expect(await withWholeTexts(request, store)).toBeUndefined();
  });
});
