import { describe, expect, test } from '@jest/globals';
import { readdirSync } from 'node:fs';
import type { Compressor } from '../../../src/compress/compressor.ts';
import { shortenAll } from '../../../src/eval/context/shorten.ts';
import { FakeClock } from '../../support/fakes/clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const passages = ['a', 'b', 'c'].map((id) => ({ id, title: `Title ${id}`, text: `text of ${id}` }));

/** Keeps the last character, and takes a quarter of a second for each text. */
function setUp() {
  const [state, clock] = [temporaryFolder(), new FakeClock()];
  const seen: unknown[] = [];
  const told: number[] = [];
  const compressorOf = (version: string, failsAt?: string): Compressor => ({
    method: 'head',
    version,
    compress: async (source) => {
      seen.push(source);
      await clock.advance(250);
      if (failsAt !== undefined && source.text.endsWith(failsAt)) {
        throw new Error(`cannot read ${failsAt}`);
      }
      return { text: source.text.slice(-1), kept: [], tokens: 1, rawTokens: 3 };
    },
  });
  const shorten = (compressor: Compressor, texts = passages) =>
    shortenAll(texts, compressor, { state, clock, onProgress: (done) => told.push(done) });
  return { state, seen, told, compressorOf, shorten };
}

describe('shortenAll', () => {
  test('compresses texts without their titles', async () => {
    const { seen, told, compressorOf, shorten } = setUp();
    const { texts, postingsPerSecond } = await shorten(compressorOf('v1'));
    expect([...texts]).toEqual([
      ['a', 'a'],
      ['b', 'b'],
      ['c', 'c'],
    ]);
    expect(seen).toEqual(passages.map(({ text }) => ({ text })));
    expect(told).toEqual([1, 2, 3]);
    expect(postingsPerSecond).toBe(4);
  });

  test('goes on after a failure, and knows how long all of the work took', async () => {
    const { seen, told, compressorOf, shorten } = setUp();
    await expect(shorten(compressorOf('v1', 'c'))).rejects.toThrow('cannot read c');
    expect([seen.length, told]).toEqual([3, [1, 2]]);
    const { texts, postingsPerSecond } = await shorten(compressorOf('v1'));
    expect([seen.length, texts.size, told]).toEqual([4, 3, [1, 2, 3]]);
    // The text that failed was worked on twice.
    expect(postingsPerSecond).toBe(3);
    // All are there: nothing is compressed, and the rate is still known.
    expect(await shorten(compressorOf('v1'))).toEqual({ texts, postingsPerSecond: 3 });
    expect(seen).toHaveLength(4);
  });

  test('compresses again with another version or other texts', async () => {
    const { state, seen, compressorOf, shorten } = setUp();
    await shorten(compressorOf('v1'));
    await shorten(compressorOf('v2'));
    expect(seen).toHaveLength(6);
    const changed = passages.map((each) => ({ ...each, text: `${each.text}x` }));
    const { texts } = await shorten(compressorOf('v2'), changed);
    expect(texts.get('a')).toBe('x');
    expect(readdirSync(state)).toHaveLength(3);
  });

  test('has no rate without texts', async () => {
    const { compressorOf, shorten } = setUp();
    expect((await shorten(compressorOf('v1'), [])).postingsPerSecond).toBeUndefined();
  });
});
