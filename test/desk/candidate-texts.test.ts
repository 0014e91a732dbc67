import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cutText } from '../../src/desk/candidate-texts.ts';
import { startTestServer, type TestServer } from '../support/serving/test-server.ts';

describe('a text is cut to the given bytes', () => {
  test.each([
    ['abcdef', 'end', 'abcd'],
    ['abcdef', 'start', 'cdef'],
    ['abcd', 'end', 'abcd'],
    ['東京', 'end', '東'],
    ['東京', 'start', '京'],
    ['a👩', 'end', 'a'],
    ['👩a', 'start', 'a'],
  ] as const)('%s, %s: %s', (text, cut, kept) => {
    expect(cutText(text, 4, cut)).toBe(kept);
  });

  test('in whole characters, with as many as fit', () => {
    const anyText = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 40 }), (text, most) => {
        const [start, end] = [cutText(text, most, 'end'), cutText(text, most, 'start')];
        expect(text.startsWith(start) && text.endsWith(end)).toBe(true);
        for (const kept of [start, end]) {
          const bytes = Buffer.byteLength(kept);
          expect(bytes).toBeLessThanOrEqual(most);
          expect(kept === text || bytes > most - 4).toBe(true);
        }
      }),
    );
  });
});

describe('a candidate with more bytes than a text may have', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ 'text-bytes': '1000' });
  });
  afterAll(() => server.close());

  test.each([
    ['TRUNCATION_UNSPECIFIED', 'a'],
    ['TRUNCATION_END', 'a'],
    ['TRUNCATION_START', 'b'],
  ])('does not fail its request: it is cut (%s)', async (truncation, kept) => {
    const text = 'a'.repeat(1000) + 'b'.repeat(1000);
    const candidates = [{ text: 'x' }, { text }];
    await server.call('Rank', { query: 'q', candidates, truncation });
    const asked = server.pipeline.ranked.at(-1)?.request.candidates;
    expect(asked?.map((each) => [each.text, each.isCut ?? false])).toEqual([
      ['x', false],
      [kept.repeat(1000), true],
    ]);
  });
});
