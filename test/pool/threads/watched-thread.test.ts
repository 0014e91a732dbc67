import { expect, test } from '@jest/globals';
import { HungThreads, watchThreads } from '../../../src/pool/threads/watched-thread.ts';
import { FakeClock, settle } from '../../support/fakes/clock.ts';
import { fakePack } from '../../support/fakes/runner.ts';
import { fakeThreads } from '../../support/fakes/thread.ts';

const limits = { leastMs: 1_000, factor: 20, loadMs: 90_000 };
const run = () => ({ kind: 'run', batch: fakePack([]) }) as const;

function setUp({ predictedMs, mostHung = 1 }: { predictedMs?: number; mostHung?: number } = {}) {
  const clock = new FakeClock();
  const hung = new HungThreads(mostHung);
  const { threads, openThread } = fakeThreads();
  const open = watchThreads(openThread, { clock, limits, hung, predictMs: () => predictedMs });
  const news: [string, boolean | undefined][] = [];
  const watched = open((message, isBarred) => news.push([message, isBarred]));
  const inner = threads[0];
  if (inner === undefined) {
    throw new Error('no thread was opened');
  }
  return { clock, hung, open, news, watched, inner, threads };
}

test('a run that ends in time is passed on', async () => {
  const { clock, watched, inner, news } = setUp({ predictedMs: 100 });
  const reply = watched.ask(run());
  await clock.advance(1_999);
  inner.answerRun(1, 2);
  expect(await reply).toMatchObject({ kind: 'ran' });
  await clock.advance(1_000_000);
  expect(news).toEqual([]);
  expect(clock.timers).toBe(0);
});

test('a run of twenty times its predicted time is given up, after its owner was told', async () => {
  const { clock, hung, watched, inner, news } = setUp({ predictedMs: 100 });
  inner.close = () => new Promise(() => undefined);
  const replies = [watched.ask(run()), watched.ask(run())].map(async (reply) => ({
    ...(await reply),
    news: news.length,
  }));
  await clock.advance(2_000);
  const message = 'its thread hangs: no answer in 2000 ms';
  expect(news).toEqual([[message, false]]);
  expect(await Promise.all(replies)).toEqual(
    [1, 1].map((at) => ({ kind: 'gone', message, news: at })),
  );
  expect(hung.count).toBe(1);
});

test('late answers of a hung thread are ignored, and so is its end', async () => {
  const { clock, hung, watched, inner, news } = setUp({ predictedMs: 100 });
  const reply = watched.ask(run());
  await clock.advance(2_000);
  inner.answerRun(1, 2);
  inner.crash('exit 1');
  expect(await reply).toMatchObject({ kind: 'gone' });
  expect(await watched.ask(run())).toMatchObject({ kind: 'gone' });
  expect(news).toHaveLength(1);
  await settle();
  expect(hung.count).toBe(0);
});

test('short runs have at least the least time, and runs of unknown cost that of a load', async () => {
  const short = setUp({ predictedMs: 1 });
  void short.watched.ask(run());
  await short.clock.advance(999);
  expect(short.news).toHaveLength(0);
  await short.clock.advance(1);
  expect(short.news).toHaveLength(1);
  const unknown = setUp();
  void unknown.watched.ask(run());
  await unknown.clock.advance(89_999);
  expect(unknown.news).toHaveLength(0);
  await unknown.clock.advance(1);
  expect(unknown.news).toHaveLength(1);
});

test("a prepared run's time starts when the one before it has ended", async () => {
  const { clock, watched, inner, news } = setUp({ predictedMs: 100 });
  void watched.ask(run());
  void watched.ask(run());
  await clock.advance(1_900);
  inner.answerRun(1, 2);
  await settle();
  await clock.advance(1_999);
  expect(news).toHaveLength(0);
  await clock.advance(1);
  expect(news).toHaveLength(1);
});

test('no new thread may be opened when too many hang', async () => {
  const { clock, hung, open, news, watched, threads } = setUp({ predictedMs: 100, mostHung: 0 });
  const reply = watched.ask(run());
  await clock.advance(2_000);
  await reply;
  expect(news[0]?.[1]).toBe(true);
  expect(hung.isFull).toBe(false);
  open(() => undefined);
  expect(threads).toHaveLength(2);
});

test('a close does not wait for a thread that hangs meanwhile', async () => {
  const { clock, watched, inner } = setUp({ predictedMs: 100 });
  inner.close = () => new Promise(() => undefined);
  void watched.ask(run());
  const closed = watched.close();
  await clock.advance(2_000);
  await expect(closed).resolves.toBeUndefined();
});
