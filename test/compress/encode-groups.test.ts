import { expect, test } from '@jest/globals';
import { createGroupEncoder } from '../../src/compress/encode-groups.ts';
import { fakeEncoding } from '../eval/rank/fake-pairs.ts';

/** Encodes with the fake's rules, and counts how often. */
function setUp(order: 'query-first' | 'candidate-first') {
  const fake = fakeEncoding(order, 100);
  let calls = 0;
  const encode = createGroupEncoder({
    ...fake,
    encoder: {
      encode: (task) => {
        calls += 1;
        return fake.encoder.encode(task);
      },
    },
  });
  return { encode, calls: () => calls };
}

test('candidate-first, a text is the prefix of its queries, and each is encoded once', () => {
  const { encode, calls } = setUp('candidate-first');
  const rows = encode({ source: { text: 'xxx' }, queries: ['1', '2'] });
  expect(rows.map(({ prefix }) => [...prefix])).toEqual([
    [98, 0, 1, 2],
    [98, 0, 1, 2],
  ]);
  expect(rows[0]?.prefix).toBe(rows[1]?.prefix);
  expect(rows.map(({ ids }) => [...ids])).toEqual([
    [101, 101],
    [102, 102],
  ]);
  const before = calls();
  encode({ source: { text: 'x' }, queries: ['1', '2'] });
  expect(calls()).toBe(before + 1);
});

test('query-first, a query is the prefix of all texts', () => {
  const { encode } = setUp('query-first');
  const [first, second] = encode({ source: { text: 'xx' }, queries: ['1', '2'] });
  expect([...(first?.prefix ?? [])]).toEqual([101, 101]);
  expect([...(first?.ids ?? [])]).toEqual([0, 1, 99]);
  expect([...(second?.prefix ?? [])]).toEqual([102, 102]);
  expect(encode({ source: { text: 'x' }, queries: ['1'] })[0]?.prefix).toBe(first?.prefix);
});

test('a group without queries has no rows, and a query that is too long is named', () => {
  expect(setUp('candidate-first').encode({ source: { text: 'x' }, queries: [] })).toEqual([]);
  const refusing = createGroupEncoder({
    ...fakeEncoding('candidate-first', 100),
    encoder: { encode: () => ({ ok: false, message: 'query: has 9 tokens', violations: [] }) },
  });
  expect(() => refusing({ source: { text: 'x' }, queries: ['1'] })).toThrow(
    "query '1': query: has 9 tokens",
  );
});
