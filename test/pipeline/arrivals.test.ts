import { expect, test } from '@jest/globals';
import { at } from '../../src/base/at.ts';
import { createDeferred } from '../../src/base/deferred.ts';
import type { ScoresByKey } from '../../src/cache/score-cache.ts';
import { settle } from '../support/fakes/clock.ts';
import { setUpPipeline } from '../support/fakes/pipeline-parts.ts';
import { anyCall } from '../support/fakes/scheduler.ts';
import { noDeadline } from '../support/models/tiny-pipeline.ts';

const cached = { useCache: true };

/** A fleet that answers when the test says; undefined answers are not worth waiting for. */
function setUp(salt = 'salt') {
  const asked: { keys: readonly string[]; answer: (scores: ScoresByKey) => void }[] = [];
  const published: ScoresByKey[] = [];
  const fleet = {
    isAsked: true,
    salt,
    find: (keys: readonly string[]) => {
      const { promise, resolve } = createDeferred<ScoresByKey>();
      if (fleet.isAsked) {
        asked.push({ keys, answer: resolve });
      }
      return fleet.isAsked ? promise : undefined;
    },
    publish: (scores: ScoresByKey) => void published.push(scores),
  };
  const parts = setUpPipeline('propose', { fleet });
  const rankWhole = async () => {
    const reply = parts.rank(cached);
    asked.at(-1)?.answer(new Map());
    await settle();
    await parts.encode();
    parts.runner.last.finish();
    return await reply;
  };
  return { ...parts, fleet, asked, published, rankWhole };
}

test('what the fleet knows is not run, and counts as cached', async () => {
  const one = setUp();
  const fresh = await one.rankWhole();
  const other = setUp();
  const reply = other.rank(cached);
  expect(other.asked[0]?.keys).toHaveLength(3);
  other.asked[0]?.answer(at(one.published, 0));
  const { results, usage } = await reply;
  expect(results).toEqual(fresh.results.map((result) => ({ ...result, cached: true })));
  expect(usage).toMatchObject({ scored: 3, cached: 3, packedTokens: 0 });
  expect(other.encoders.asked).toHaveLength(0);
  // It is in the local cache now, and was not published again.
  expect((await other.rank(cached)).usage.cached).toBe(3);
  expect(other.asked).toHaveLength(1);
  expect(other.published).toEqual([]);
});

test('only the rest is run, admitted and published', async () => {
  const one = setUp();
  await one.rankWhole();
  const first = at([...at(one.published, 0)], 0);
  const { admission, rank, asked, encode, runner, published } = setUp();
  const reply = rank(cached);
  asked[0]?.answer(new Map([first]));
  await settle();
  expect(admission.held.candidates).toBe(2);
  await encode([5, 6]);
  runner.last.finish();
  expect((await reply).usage).toMatchObject({ scored: 3, cached: 1 });
  expect(published[0]?.size).toBe(2);
});

test('nobody asks for what runs here already, without a cache, or when it is no use', () => {
  const { rank, asked, fleet, encoders } = setUp();
  fleet.isAsked = false;
  void rank(cached);
  expect(encoders.asked).toHaveLength(1);
  fleet.isAsked = true;
  void rank(cached);
  void rank({ useCache: false });
  expect(encoders.asked).toHaveLength(2);
  expect(asked).toEqual([]);
});

test('equal requests that wait for the fleet are run once', async () => {
  const { rank, asked, encode, encoders, runner } = setUp();
  const replies = [rank(cached), rank(cached)];
  asked.forEach(({ answer }) => answer(new Map()));
  await settle();
  expect(encoders.asked).toHaveLength(1);
  await encode();
  runner.last.finish();
  expect((await Promise.all(replies)).map(({ usage }) => usage.cached).sort()).toEqual([0, 3]);
});

test('a drain waits for a request that waits for the fleet', async () => {
  const { rank, asked, pipeline, admission, encode, runner } = setUp();
  const reply = rank(cached);
  const drained = pipeline.drain();
  expect(admission.held.candidates).toBe(0);
  asked[0]?.answer(new Map());
  await settle();
  await encode();
  runner.last.finish();
  expect((await reply).complete).toBe(true);
  await drained;
});

test('a caller that left meanwhile is not admitted for longer than a moment', async () => {
  const { rank, asked, admission, encoders } = setUp();
  const leaving = new AbortController();
  const reply = rank(cached, { ...noDeadline(), signal: leaving.signal });
  leaving.abort();
  asked[0]?.answer(new Map());
  await expect(reply).rejects.toMatchObject({ kind: 'cancelled' });
  expect(admission.held.candidates).toBe(0);
  expect(encoders.asked).toHaveLength(0);
});

test('a full queue refuses only after the fleet was asked', async () => {
  const one = setUp();
  await one.rankWhole();
  const { admission, rank, asked } = setUp();
  admission.admit({ candidates: 99, packedTokens: 10 }, anyCall());
  const known = rank(cached);
  asked[0]?.answer(at(one.published, 0));
  expect((await known).usage.cached).toBe(3);
  const unknown = rank({ ...cached, query: 'other' });
  asked[1]?.answer(new Map());
  await expect(unknown).rejects.toMatchObject({ reason: 'QUEUE_FULL' });
});

test('servers with another secret have other keys', () => {
  const [one, other] = [setUp(), setUp('pepper')];
  void one.rank(cached);
  void other.rank(cached);
  const [keys = [], others = []] = [one.asked[0]?.keys, other.asked[0]?.keys];
  expect(keys.filter((key) => others.includes(key))).toEqual([]);
});
