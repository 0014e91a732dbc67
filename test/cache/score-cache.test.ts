import { describe, expect, test } from '@jest/globals';
import { ScoreCache } from '../../src/cache/score-cache.ts';
import { FakeClock } from '../support/fake-clock.ts';

const score = (yes: number) => ({ yes, no: -yes, tokens: 3, truncated: false });

function setUp(entries = 3) {
  const clock = new FakeClock();
  return { clock, cache: new ScoreCache({ entries, ttlMs: 1_000 }, clock) };
}

describe('the score cache', () => {
  test('gives back what it was given, to the bit', () => {
    const { cache } = setUp();
    const yes = Math.fround(0.1);
    cache.keep('a', score(yes));
    expect(Object.is(cache.find('a')?.yes, yes)).toBe(true);
    expect(cache.find('b')).toBeUndefined();
    expect([cache.hits, cache.misses]).toEqual([1, 1]);
  });

  test('forgets a score when its time is over, however often it was asked for', async () => {
    const { cache, clock } = setUp();
    cache.keep('a', score(1));
    await clock.advance(999);
    expect(cache.find('a')).toEqual(score(1));
    await clock.advance(2);
    expect(cache.find('a')).toBeUndefined();
  });

  test('lets the least recently used give way', () => {
    const { cache } = setUp();
    ['a', 'b', 'c'].forEach((key) => cache.keep(key, score(1)));
    cache.find('a');
    cache.keep('d', score(1));
    expect(['a', 'b', 'c', 'd'].filter((key) => cache.find(key) !== undefined)).toEqual([
      ...['a', 'c', 'd'],
    ]);
    expect([cache.entries, cache.bytes]).toEqual([3, 720]);
  });
});
