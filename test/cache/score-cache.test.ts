import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ScoreCache } from '../../src/cache/score-cache.ts';
import { FakeClock } from '../support/fakes/clock.ts';

const score = (yes: number) => ({ yes, no: -yes, tokens: 3, truncated: false });

function setUp(entries = 3) {
  const clock = new FakeClock();
  return { clock, cache: new ScoreCache({ entries, ttlMs: 1_000 }, clock) };
}

describe('the score cache', () => {
  test('returns the stored score bit for bit', () => {
    const { cache } = setUp();
    const yes = Math.fround(0.1);
    cache.keep('a', score(yes));
    expect(Object.is(cache.find('a')?.yes, yes)).toBe(true);
    expect(cache.find('b')).toBeUndefined();
    expect([cache.hits, cache.misses]).toEqual([1, 1]);
  });

  test('forgets a score after its time to live, however often it was read', async () => {
    const { cache, clock } = setUp();
    cache.keep('a', score(1));
    await clock.advance(999);
    expect(cache.find('a')).toEqual(score(1));
    await clock.advance(2);
    expect(cache.find('a')).toBeUndefined();
  });

  test('evicts the least recently used score', () => {
    const { cache } = setUp();
    ['a', 'b', 'c'].forEach((key) => cache.keep(key, score(1)));
    cache.find('a');
    cache.keep('d', score(1));
    expect(['a', 'b', 'c', 'd'].filter((key) => cache.find(key) !== undefined)).toEqual(
      Array.from('acd'),
    );
    expect([cache.entries, cache.bytes]).toEqual([3, 540]);
  });

  // Places in the arrays are reused: no key may read the score of a later key.
  test('a key has its own score or none, whatever is stored, overwritten and evicted', async () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      yes: fc.float({ noNaN: true }),
      no: fc.float({ noNaN: true }),
      tokens: fc.nat(131_072),
      truncated: fc.boolean(),
      restMs: fc.constantFrom(0, 0, 400, 2_000),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { cache, clock } = setUp();
        const last = new Map<string, object>();
        for (const { key, restMs, ...kept } of steps) {
          await clock.advance(restMs);
          cache.keep(key, kept);
          last.set(key, kept);
          expect(cache.find(key)).toEqual(kept);
          const found = [...last].map(([each]) => [each, cache.find(each)] as const);
          const known = found.filter(([, score]) => score !== undefined);
          known.forEach(([each, score]) => expect(score).toEqual(last.get(each)));
          expect(known.length).toBeLessThanOrEqual(3);
        }
      }),
    );
  });
});
