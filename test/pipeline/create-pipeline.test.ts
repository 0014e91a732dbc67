import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { at } from '../../src/base/at.ts';
import type { RankingPipeline, RankReply } from '../../src/domain/rank.ts';
import { createPipeline } from '../../src/pipeline/create-pipeline.ts';
import { lettersToIds, poisonedSlot, poisonLetter, suffixIds } from '../support/threads/letters.ts';
import { openTinySession, scoreParts } from '../support/models/score-parts.ts';
import { buildTinyModel, type TinyModel } from '../support/models/tiny-model.ts';
import { noDeadline, testRequest, tinyPipelineOptions } from '../support/models/tiny-pipeline.ts';

let model: TinyModel;
/** The tests share these two replicas, because starting threads takes seconds. The last drains. */
let shared: RankingPipeline;

beforeAll(async () => {
  model = await buildTinyModel('llama');
  shared = createPipeline(tinyPipelineOptions(model));
  await shared.warm();
});
afterAll(async () => {
  await shared.drain();
  await rm(model.dir, { recursive: true });
});

const letters = 'abcdefghijklmnopqrstuvwxyz';
/** Texts of 1 to 30 letters, all different. */
const texts = Array.from({ length: 30 }, (_, i) =>
  letters.repeat(2).slice(i % 13, (i % 13) + i + 1),
);

function logitsInOrder({ results }: RankReply): number[] {
  return results.toSorted((a, b) => a.index - b.index).map(({ logit }) => logit);
}

/** Scores each candidate alone, in a session on this thread. */
async function directLogits(query: string, candidates: readonly string[]): Promise<number[]> {
  const session = await openTinySession(model);
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

function expectNear(found: readonly number[], expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  found.forEach((logit, index) => expect(logit).toBeCloseTo(at(expected, index), 4));
}

test('scores through encoder, scheduler and two replicas equal those of a bare session', async () => {
  const reply = await shared.rank(testRequest('which letter', texts), noDeadline());
  expectNear(logitsInOrder(reply), await directLogits('which letter', texts));
  expect(reply).toMatchObject({ complete: true, usage: { candidates: 30, scored: 30 } });
  expect(reply.usage.batches).toBeGreaterThan(1);
  expect(shared.replicas().map(({ phase, batches }) => [phase, batches > 0])).toEqual([
    ['ready', true],
    ['ready', true],
  ]);
});

test('a repeated request gets the same digits without a run, and only changed texts run', async () => {
  const cached = { useCache: true };
  const fresh = await shared.rank(testRequest('again', texts, cached), noDeadline());
  const batches = () => shared.replicas().reduce((sum, replica) => sum + replica.batches, 0);
  const before = batches();
  const again = await shared.rank(testRequest('again', texts.toReversed(), cached), noDeadline());
  expect(batches()).toBe(before);
  expect(logitsInOrder(again)).toEqual(logitsInOrder(fresh).toReversed());
  expect([fresh.usage.cached, again.usage.cached]).toEqual([0, 30]);
  const changed = { ...cached, maxCandidateTokens: 50 };
  const other = await shared.rank(testRequest('again', texts, changed), noDeadline());
  expect(other.usage.cached).toBe(0);
  expectNear(logitsInOrder(other), logitsInOrder(fresh));
});

test('fifty equal requests at once run each pair once', async () => {
  const asked = Array.from({ length: 50 }, () =>
    shared.rank(testRequest('at once', texts, { useCache: true }), noDeadline()),
  );
  const replies = await Promise.all(asked);
  const [first = []] = replies.map(logitsInOrder);
  expect(replies.every((reply) => logitsInOrder(reply).every((l, i) => l === first[i]))).toBe(true);
  expect(replies.reduce((sum, { usage }) => sum + usage.scored - usage.cached, 0)).toBe(30);
  expect(replies.filter(({ usage }) => usage.packedTokens > 0)).toHaveLength(1);
});

test('a refusal by the encoder reaches the caller with its fields', async () => {
  await expect(shared.rank(testRequest('', texts), noDeadline())).rejects.toMatchObject({
    kind: 'invalid-argument',
    violations: [{ field: 'query', description: 'is empty' }],
  });
  expect(await shared.tokenize(['ab'])).toEqual([lettersToIds('ab')]);
});

test('no request is lost when the thread of a replica dies', async () => {
  const poisoned = texts.map((text, index) => (index % 10 === 0 ? `${text}${poisonLetter}` : text));
  const reply = await shared.rank(testRequest('query', poisoned), noDeadline());
  expectNear(logitsInOrder(reply), await directLogits('query', poisoned));
  expect(shared.replicas().map(({ phase }) => phase)).toContain('ready');
});

test('a drain answers the requests under way and refuses later ones', async () => {
  const replies = Array.from({ length: 20 }, () =>
    shared.rank(testRequest('query', texts), noDeadline()),
  );
  const drained = shared.drain();
  await expect(shared.rank(testRequest('query', texts), noDeadline())).rejects.toMatchObject({
    kind: 'unavailable',
    message: 'the server is draining',
  });
  const finished = await Promise.all(replies);
  expect(finished.every(({ complete }) => complete)).toBe(true);
  await drained;
});

test('a request that kills the only replica twice fails, and the next one is served', async () => {
  const devices = [{ name: poisonedSlot, provider: 'cpu', deviceId: 0, threads: 1 }] as const;
  const alone = createPipeline(tinyPipelineOptions(model, { devices }));
  await alone.warm();
  const poisoned = testRequest('query', [`abc${poisonLetter}`]);
  await expect(alone.rank(poisoned, noDeadline())).rejects.toMatchObject({
    kind: 'replica-failed',
    message: 'two replicas failed in turn: worker exited with code: 1',
  });
  const reply = await alone.rank(testRequest('query', ['abc']), noDeadline());
  expectNear(logitsInOrder(reply), await directLogits('query', ['abc']));
  await alone.drain();
});

test('a model that cannot be loaded is named', async () => {
  const dir = `${model.dir}/none`;
  const broken = createPipeline(tinyPipelineOptions({ ...model, dir }));
  const error: unknown = await broken.warm().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ kind: 'unavailable' });
  expect(String(error)).toMatch(/cpu#[01] did not load: cannot open .*none\/graph\.onnx/);
  await broken.drain();
});
