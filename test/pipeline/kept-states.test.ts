import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { at } from '../../src/base/at.ts';
import type { RankReply } from '../../src/domain/rank.ts';
import { createPipeline } from '../../src/pipeline/create-pipeline.ts';
import type { OpenPipeline } from '../../src/pipeline/pipeline.ts';
import { storedPlan } from '../../src/toolchain/graph/graph-plans.ts';
import { openTinySession, scoreParts } from '../support/models/score-parts.ts';
import { buildTinyModel, type TinyModel } from '../support/models/tiny-model.ts';
import { noDeadline, testRequest, tinyPipelineOptions } from '../support/models/tiny-pipeline.ts';
import { lettersToIds, poisonLetter, suffixIds } from '../support/threads/letters.ts';

let plain: TinyModel;
let keeping: TinyModel;
let pipeline: OpenPipeline;

beforeAll(async () => {
  plain = await buildTinyModel('llama');
  keeping = await buildTinyModel('llama', { plan: storedPlan });
  // Rows of both replicas are in the same batches' arena.
  pipeline = createPipeline(tinyPipelineOptions(keeping, { statesMb: 1, tokenBudget: 128 }));
  await pipeline.warm();
});
afterAll(async () => {
  await pipeline.drain();
  await Promise.all([plain, keeping].map(({ dir }) => rm(dir, { recursive: true })));
});

const letters = 'abcdefghijklmnopqrstuvwxyz'.repeat(2);
const texts = Array.from({ length: 30 }, (_, i) => letters.slice(i % 13, (i % 13) + i + 1));
/** Of a logit: keys and values are rounded to fp16. */
const tolerance = 2e-2;

function logitsOf({ results }: RankReply): number[] {
  return results.toSorted((a, b) => a.index - b.index).map(({ logit }) => logit);
}

const largest = (a: readonly number[], b: readonly number[]) =>
  Math.max(...a.map((value, i) => Math.abs(value - at(b, i))));

/** Without states, each candidate alone. */
async function recompute(query: string, candidates: readonly string[]): Promise<number[]> {
  const session = await openTinySession(plain);
  const prefix = lettersToIds(query);
  const logits: number[] = [];
  for (const text of candidates) {
    const suffix = Int32Array.of(...lettersToIds(text), ...suffixIds);
    const [[yes, no] = [0, 0]] = await scoreParts(session, [{ prefix, suffixes: [suffix] }]);
    logits.push(yes - no);
  }
  await session.close();
  return logits;
}

test('what one replica has computed, all replicas read', async () => {
  const expected = await recompute('instruction', texts);
  const first = await pipeline.rank(testRequest('instruction', texts), noDeadline());
  const again = await pipeline.rank(testRequest('instruction', texts), noDeadline());
  expect(largest(logitsOf(first), expected)).toBeLessThan(tolerance);
  expect(largest(logitsOf(again), logitsOf(first))).toBeLessThan(1e-4);
  expect(pipeline.gauges().states).toMatchObject({ entries: 31, hits: 30, misses: 30 });
  expect(again.usage.packedTokens).toBeLessThan(first.usage.packedTokens / 4);
  const batches = pipeline.replicas().map((replica) => replica.batches);
  expect(batches.every((each) => each > 0)).toBe(true);
});

test('a store that is too small scores all the same', async () => {
  const small = createPipeline({
    ...tinyPipelineOptions(keeping, { statesMb: 1 }),
  });
  await small.warm();
  const many = Array.from({ length: 400 }, (_, i) => `${letters}${letters}${i}`.slice(-99));
  const first = await small.rank(testRequest('a', many), noDeadline());
  const again = await small.rank(testRequest('a', many), noDeadline());
  const { bytes, limitBytes, entries } = small.gauges().states ?? { bytes: 0, limitBytes: 0 };
  expect(bytes).toBeLessThanOrEqual(limitBytes);
  expect(entries).toBeGreaterThan(0);
  expect(largest(logitsOf(again), logitsOf(first))).toBeLessThan(1e-4);
  await small.drain();
});

test('a replica that dies loses no states, and those that it was to write are not read', async () => {
  const poisoned = [...texts, `x${poisonLetter}`];
  const reply = await pipeline.rank(testRequest('after', poisoned), noDeadline());
  const again = await pipeline.rank(testRequest('after', poisoned.slice(0, -1)), noDeadline());
  const expected = await recompute('after', poisoned);
  expect(largest(logitsOf(reply), expected)).toBeLessThan(tolerance);
  expect(largest(logitsOf(again), logitsOf(reply))).toBeLessThan(1e-4);
});
