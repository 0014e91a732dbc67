import { describe, expect, test } from '@jest/globals';
import { effortPlans } from '../../../src/compress/search/effort.ts';
import { createProbeBank } from '../../../src/compress/search/probes.ts';
import { createSearchCompressor, type SearchParts } from '../../../src/compress/search/search.ts';
import { english, fakeRanker, sliceCodePoints, wordCounter } from '../fake-parts.ts';

/** What the ranker likes, "welder" and "boats", is neither repeated nor first. */
const text =
  'Shop order, shop order. Tools of the shop; keeps order of tools. Prepares forms, answers calls, a welder helps. ' +
  'Visits other places, sees boats, drives long ways, eats lunch at noon';
const queries = ['welder', 'boats', 'welder boats', 'nurse', 'cook', 'clerk', 'pilot', 'painter'];

function setUp(changed: Partial<SearchParts> = {}) {
  const { score, asked } = fakeRanker();
  const compressor = createSearchCompressor({
    counter: wordCounter,
    background: english,
    budget: { titled: 4, untitled: 6 },
    probes: createProbeBank(queries, english),
    score,
    fingerprint: 'f',
    plan: { near: 6, far: 2, choosing: 4, rounds: [12, 12, 12, 12] },
    lengthWeight: 0.4,
    maxLoss: undefined,
    ...changed,
  });
  return { compressor, asked };
}

describe('createSearchCompressor', () => {
  test('chooses the phrases that the ranker answers like the original', async () => {
    const { compressor, asked } = setUp();
    const result = await compressor.compress({ text });
    expect(result.text).toContain('welder');
    expect(result.text).toContain('boats');
    expect(result.tokens).toBeLessThanOrEqual(6);
    expect(sliceCodePoints(text, result.kept).join(', ')).toBe(result.text);
    expect(result.fidelity?.dp).toBeCloseTo(0);
    const share = result.tokens / result.rawTokens;
    expect(result.fidelity?.reward).toBeCloseTo(-0.4 * share ** 2);
    expect(asked[0]?.source.text).toBe(text);
    expect(asked[0]?.queries).toHaveLength(8);
    expect((await setUp().compressor.compress({ text })).text).toBe(result.text);
  });

  test('has fewer tokens beside a title, and never reads it', async () => {
    const { compressor, asked } = setUp();
    const result = await compressor.compress({ title: 'Pilot', text });
    expect(result.tokens).toBeLessThanOrEqual(4);
    expect(asked.every(({ source }) => source.title === undefined)).toBe(true);
  });

  test('asks nothing about texts that fit or have no phrase', async () => {
    const { compressor, asked } = setUp();
    expect(await compressor.compress({ text: 'a welder' })).toMatchObject({ text: 'a welder' });
    const signs = await compressor.compress({ text: '* * * * * * * *' });
    expect(signs.tokens).toBeLessThanOrEqual(6);
    expect(asked).toEqual([]);
  });

  test('with a wanted loss stops early or goes on beyond the budget', async () => {
    const easy = await setUp({ maxLoss: 0.9 }).compressor.compress({ text });
    expect(easy.tokens).toBeLessThanOrEqual(3);
    const unreachable = text.replaceAll('welder', 'welder, nurse, cook, clerk, pilot, painter');
    const hard = await setUp({ maxLoss: 0 }).compressor.compress({ text: unreachable });
    expect(hard.tokens).toBeGreaterThan(6);
    expect(hard.tokens).toBeLessThanOrEqual(12);
  });

  test('passes on the signal', async () => {
    const { compressor } = setUp();
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(compressor.compress({ text }, signal)).rejects.toThrow('enough');
  });

  test('has a version that changes with all that decides the result', () => {
    const changes: Partial<SearchParts>[] = [
      {},
      { fingerprint: 'g' },
      { plan: effortPlans.full },
      { plan: effortPlans.quick },
      { lengthWeight: 1 },
      { maxLoss: 0 },
      { maxLoss: 0.1 },
      { probes: createProbeBank(['nurse', 'cook'], english) },
    ];
    const versions = changes.map((changed) => setUp(changed).compressor.version);
    expect(new Set(versions).size).toBe(versions.length);
    expect(setUp().compressor.version).toBe(versions[0]);
  });
});
