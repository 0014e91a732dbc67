import { describe, expect, test } from '@jest/globals';
import { RankError } from '../../src/base/errors.ts';
import { checkRankRequest } from '../../src/desk/request-rules.ts';
import { type ReadItems, resolveItems } from '../../src/desk/resolve-items.ts';
import { rankForm } from '../support/rank-form.ts';

const stored = {
  source: 'SUMMARY' as const,
  version: 7n,
  kept: [{ start: 0, end: 5 }],
  ids: Int32Array.of(1, 2),
};
const item = { title: 'Nurse', text: 'wards', stored };
const read: ReadItems = (ids) => ids.map((id) => (id === 'known' ? item : undefined));

describe('resolveItems', () => {
  test('gives a candidate that is only an id the title and text of the stored item', () => {
    const own = { id: 'known', text: 'its own text' };
    const titled = { id: 'known', title: 'its own title', text: '' };
    const given = [own, { id: 'known', text: '', version: 'v1' }, titled, { id: 'new', text: '' }];
    expect(resolveItems(given, read)).toEqual([
      own,
      { id: 'known', ...item },
      titled,
      { id: 'new', text: '', isUnknown: true },
    ]);
  });

  test('reads the store once a request, for the ids that need it', () => {
    const asked: (readonly string[])[] = [];
    const watched: ReadItems = (ids) => {
      asked.push(ids);
      return read(ids);
    };
    resolveItems([{ id: 'a', text: 'x' }], watched);
    expect(asked).toEqual([]);
    resolveItems(
      ['known', '', 'b'].map((id) => ({ id, text: '' })),
      watched,
    );
    expect(asked).toEqual([['known', 'b']]);
  });

  test('changes nothing without an item store', () => {
    const given = [{ id: 'known', text: '' }];
    expect(resolveItems(given, undefined)).toBe(given);
  });
});

describe('the rules of a request by id', () => {
  const rules = { limits: { candidates: 9, textBytes: 99 }, model: 'tiny', readItems: read };
  const candidates = [
    { id: 'known', text: '' },
    { id: 'gone', text: '' },
  ];

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
    expect(request.candidates[0]).toMatchObject({ id: 'known', ...item });
  });

  test('say that a candidate is empty on a server without an item store', () => {
    const form = rankForm({ candidates, onBadCandidate: 'skip' });
    const { skips } = checkRankRequest(form, 'r', { ...rules, readItems: undefined });
    expect(skips).toEqual(
      new Map([
        [0, 'EMPTY'],
        [1, 'EMPTY'],
      ]),
    );
  });
});
