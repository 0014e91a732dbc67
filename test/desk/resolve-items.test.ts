import { describe, expect, test } from '@jest/globals';
import { RankError } from '../../src/base/errors.ts';
import { checkRankRequest } from '../../src/desk/request-rules.ts';
import { findItems, resolveItems } from '../../src/desk/resolve-items.ts';
import type { Item, ItemHead } from '../../src/items/item/item.ts';
import { rankForm } from '../support/rank-form.ts';

const summary = {
  text: 'wards',
  kept: [{ start: 4, end: 9 }],
  tokens: 1,
  rawTokens: 9,
  method: 'search',
  version: 'v1',
};
const ids = Int32Array.of(1, 2);
const head = {
  id: 'known',
  version: 7n,
  title: 'Nurse',
  summary,
  encoded: { encoding: 'e', ids },
} as unknown as ItemHead;
const whole = { ...head, id: 'raw', summary: undefined, text: 'On wards.' } as unknown as Item;

/** A store that has `known`, with a summary, and `raw`, without one. */
function fakeItems() {
  const asked: (readonly string[])[] = [];
  const items = new Map<string, ItemHead>([
    ['known', head],
    ['raw', { ...whole, text: undefined } as unknown as ItemHead],
  ]);
  const keeper = {
    lookUp: (found: readonly string[]) => {
      asked.push(found);
      return Promise.resolve(found.map((id) => items.get(id)));
    },
    store: { get: (id: string) => (id === 'raw' ? whole : undefined) },
    compressor: undefined,
  };
  return { asked, keeper: keeper as unknown as Parameters<typeof findItems>[1] };
}

const served = { method: 'search', encoding: 'e' };
const byId = (...names: readonly string[]) => names.map((id) => ({ id, text: '' }));

describe('findItems', () => {
  test('asks once, for the candidates that are an id alone', async () => {
    const { asked, keeper } = fakeItems();
    const titled = { id: 'known', title: 'its own title', text: '' };
    const given = [{ id: 'known', text: 'its own' }, titled, ...byId('known', '', 'gone')];
    expect(await findItems(given, keeper)).toEqual([head, undefined]);
    expect(asked).toEqual([['known', 'gone']]);
  });

  test('reads whole items where there is no summary', async () => {
    expect(await findItems(byId('raw', 'known'), fakeItems().keeper)).toEqual([whole, head]);
  });

  test('does not wait when no candidate is an id alone, or without an item store', () => {
    expect(findItems([{ id: 'a', text: 'x' }], fakeItems().keeper)).toBeUndefined();
    expect(findItems(byId('known'), undefined)).toBeUndefined();
  });
});

describe('resolveItems', () => {
  test('gives the candidate title, summary and token ids of its item', () => {
    const own = { id: 'known', text: 'its own' };
    expect(resolveItems([own, ...byId('known', 'gone')], [head, undefined], served)).toEqual([
      own,
      {
        id: 'known',
        title: 'Nurse',
        text: 'wards',
        stored: { source: 'SUMMARY', version: 7n, kept: summary.kept, ids },
      },
      { id: 'gone', text: '', isUnknown: true },
    ]);
  });

  test.each([
    ['a summary by another method', { ...served, method: 'other' }, head, 'FALLBACK'],
    ['no summary', served, whole, 'RAW'],
  ])('says so when there is %s', (_, to, item, source) => {
    const [found] = resolveItems(byId(item.id), [item], to);
    expect(found?.stored?.source).toBe(source);
    expect(found?.text).toBe(source === 'RAW' ? 'On wards.' : 'wards');
  });

  test('leaves out the token ids of an item that was too long to be kept whole', () => {
    const cut = { ...head, encoded: { encoding: 'e', ids: new Int32Array(0) } };
    const [found] = resolveItems(byId('known'), [cut], served);
    expect(found?.stored).toEqual({ source: 'SUMMARY', version: 7n, kept: summary.kept });
  });

  test('leaves out token ids of another model', () => {
    const [found] = resolveItems(byId('known'), [head], { ...served, encoding: 'another' });
    expect(found?.stored).toEqual({ source: 'SUMMARY', version: 7n, kept: summary.kept });
  });
});

describe('the rules of a request by id', () => {
  const rules = { limits: { candidates: 9, textBytes: 99 }, model: 'tiny' };
  const candidates = resolveItems(byId('known', 'gone'), [head, undefined], served);

  test('refuse it with the id that is not stored', () => {
    let violations: unknown;
    try {
      checkRankRequest(rankForm({ candidates }), 'r', rules);
    } catch (error) {
      ({ violations } = RankError.from(error));
    }
    expect(violations).toEqual([
      {
        field: 'candidates[1].id',
        description: "'gone' is not in the item store, and there is neither text nor title",
      },
    ]);
  });

  test('skip the id that is not stored when the client asks for that', () => {
    const form = rankForm({ candidates, onBadCandidate: 'skip' });
    const request = checkRankRequest(form, 'r', rules);
    expect(request.skips).toEqual(new Map([[1, 'UNKNOWN_ID']]));
    expect(request.candidates[0]).toMatchObject({ id: 'known', text: 'wards', title: 'Nurse' });
  });
});
