import { expect, test } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import type { RankingPipeline, RankReply, RankRequest } from '../../../src/domain/rank.ts';
import { serveSpeed } from '../../../src/eval/context/serve-speed.ts';
import { FakeClock } from '../../support/fakes/clock.ts';
import { FakePipeline } from '../../support/fakes/pipeline.ts';

const queryIds = ['q1', 'q2', 'q3', 'q4'];
const data = {
  run: new Map(queryIds.map((query) => [query, ['a', 'b', 'c'].map((id) => ({ id, score: 0 }))])),
  queries: new Map(queryIds.map((id) => [id, { id, text: `ask ${id}`, kind: undefined }])),
  corpus: new Map(),
  judgements: new Map(),
  hashes: { corpus: '', queries: '', qrels: '', run: '' },
};

/** A pipeline that takes 10 ms for each character of a candidate's text, and slows down later. */
function setUp() {
  const clock = new FakeClock();
  const fake = new FakePipeline();
  const asked: RankRequest[] = [];
  const slow = { factor: 1 };
  const rank: RankingPipeline['rank'] = async (request, call): Promise<RankReply> => {
    asked.push(request);
    const characters = request.candidates.reduce((sum, { text }) => sum + text.length, 0);
    await clock.advance(10 * characters * slow.factor);
    return fake.rank(request, call);
  };
  const pipeline: RankingPipeline = {
    rank,
    estimate: (request) => fake.estimate(request),
    tokenize: (texts) => fake.tokenize(texts),
    replicas: () => fake.replicas(),
    buckets: () => fake.buckets(),
    warm: () => fake.warm(),
    drain: () => fake.drain(),
  };
  const rowOf = (name: string, text: string) => ({
    name,
    corpus: new Map(['a', 'b', 'c'].map((id) => [id, { id, title: 'Title', text }])),
  });
  const rows = [rowOf('raw', 'x'.repeat(40)), rowOf('half', 'x'.repeat(20)), rowOf('ten', 'xxxx')];
  return { clock, pipeline, asked, slow, rows };
}

const options = { queries: 2, depth: 2, requestsInFlight: 1 };

test('measures candidates/s, and how many times as many as with raw texts', async () => {
  const { clock, pipeline, rows, asked } = setUp();
  const measure = serveSpeed(pipeline, data, {
    ...options,
    rounds: 2,
    clock,
    onProgress: () => undefined,
  });
  const found = await measure(rows, 'titles');
  // Two queries with two candidates each: 1.6 s raw.
  expect(found.map(({ candidatesPerSecond }) => candidatesPerSecond)).toEqual([
    expect.closeTo(2.5),
    expect.closeTo(5),
    expect.closeTo(25),
  ]);
  expect(found.map(({ ratio }) => ratio.median)).toEqual([
    1,
    expect.closeTo(2),
    expect.closeTo(10),
  ]);
  expect(asked).toHaveLength(2 * 3 * 2);
  expect(new Set(asked.map(({ query }) => query))).toEqual(new Set(['ask q1', 'ask q3']));
  expect(at(asked, 0).candidates.map(({ title }) => title)).toEqual(['Title', 'Title']);
});

test('compares rows round by round, so that a machine that slows down favours none', async () => {
  const { clock, pipeline, rows, slow, asked } = setUp();
  const told: string[] = [];
  const onProgress = (line: string) => {
    slow.factor = told.length === 0 ? 1 : 3;
    told.push(line);
  };
  const measure = serveSpeed(pipeline, data, { ...options, rounds: 2, clock, onProgress });
  const [, half, ten] = await measure(rows, 'no-titles');
  expect(half?.ratio).toEqual({ median: expect.closeTo(2), low: 2, high: expect.closeTo(2) });
  expect(ten?.ratio.high).toBeCloseTo(10);
  expect(told).toEqual(['no-titles: speed, round 1 of 2', 'no-titles: speed, round 2 of 2']);
  const lengths = asked.map(({ candidates }) => at(candidates, 0).text.length);
  expect(lengths.filter((_, i) => i % 2 === 0)).toEqual([40, 20, 4, 20, 4, 40]);
  expect(at(asked, 0).candidates.map(({ title }) => title)).toEqual([undefined, undefined]);
});
