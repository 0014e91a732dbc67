import { describe, expect, test } from '@jest/globals';
import type { ServingEvent } from '../../src/domain/events.ts';
import { createCostModel } from '../../src/schedule/costs/cost.ts';
import { settle } from '../support/fakes/clock.ts';
import { fakeLogits } from '../support/fakes/runner.ts';
import { logitsOf, setUpScheduler, times } from '../support/fakes/scheduler.ts';

const idsOf = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('a batch that is too large for the memory', () => {
  test('is cut in two, and the halves run', async () => {
    const { runner, rank } = setUpScheduler();
    const result = rank(times(8, 10));
    runner.last.fail('out-of-memory');
    await settle();
    expect(runner.runs.slice(1).map(({ ids }) => ids)).toEqual([[[0, 1, 2, 3]], [[4, 5, 6, 7]]]);
    runner.runs.slice(1).forEach((run) => run.finish());
    expect(await result).toMatchObject({ logits: logitsOf(...idsOf(8)), batches: 2 });
  });

  test('down to one candidate, whose request then fails', async () => {
    const { runner, rank } = setUpScheduler();
    const result = rank([10, 10]);
    runner.last.fail('out-of-memory');
    await settle();
    runner.runs[1]?.fail('out-of-memory', 'no memory for 14 tokens');
    await settle();
    runner.runs[2]?.finish();
    await expect(result).rejects.toMatchObject({ message: 'no memory for 14 tokens' });
    await settle();
    expect(runner.runs).toHaveLength(3);
  });

  test('makes the scheduler send smaller batches to that replica for a while', async () => {
    const { runner, rank } = setUpScheduler();
    const results = [rank(times(9, 10))];
    runner.last.fail('out-of-memory');
    await settle();
    runner.runs.slice(1).forEach((run) => run.finish());
    await settle();
    results.push(rank(times(9, 10), { firstId: 100 }));
    expect(runner.runs[3]?.packedTokens).toBeLessThanOrEqual(60);
    for (let place = 3; place < 12; place += 1) {
      runner.runs[place]?.finish();
      await settle();
    }
    await Promise.all(results);
    const again = rank(times(9, 10), { firstId: 200 });
    for (let place = 5; place < 20; place += 1) {
      runner.runs[place]?.finish();
      await settle();
    }
    expect(await again).toMatchObject({ complete: true });
  });
});

describe('a batch whose run fails', () => {
  test('is cut between its requests until the failing one is alone', async () => {
    const { clock, runner, rank } = setUpScheduler({ lingerMs: 1 });
    const good = [0, 10, 30].map((firstId) => rank([5], { firstId }));
    const bad = rank([5], { firstId: 20 });
    await clock.advance(1);
    for (let place = 0; place < 9; place += 1) {
      const run = runner.runs[place];
      if (run?.ids.flat().includes(20) === true) {
        run.fail('internal', 'bad shape');
      } else {
        run?.finish();
      }
      await settle();
    }
    await expect(bad).rejects.toMatchObject({ kind: 'internal', message: 'bad shape' });
    const results = await Promise.all(good);
    expect(results.map(({ logits }) => logits[0])).toEqual(
      [0, 10, 30].map((id) => fakeLogits(id)[0]),
    );
    expect(runner.runs.length).toBeLessThanOrEqual(7);
  });

  test('is not retried for cancelled requests', async () => {
    const { clock, runner, rank } = setUpScheduler({ lingerMs: 1 });
    const caller = new AbortController();
    const gone = rank([5], { signal: caller.signal });
    const other = rank([5], { firstId: 10 });
    await clock.advance(1);
    caller.abort();
    runner.last.fail('internal');
    await settle();
    expect(runner.runs.slice(1).map(({ ids }) => ids)).toEqual([[[10]]]);
    runner.last.finish();
    expect(await other).toMatchObject({ complete: true });
    await expect(gone).rejects.toMatchObject({ kind: 'cancelled' });
  });
});

test('each batch, each failed batch and each retry is one event', async () => {
  const events: ServingEvent[] = [];
  const cost = createCostModel();
  cost.observe({ replica: 'cpu#0', packedTokens: 10, slots: 0, runMs: 20 });
  const { runners, rank } = setUpScheduler({
    replicas: 2,
    cost,
    tell: (event) => events.push(event),
  });
  const result = rank(times(18, 10));
  runners[0]?.last.fail('replica-failed', 'exit 1');
  await settle();
  runners[1]?.last.finish({ runMs: 150 });
  await settle();
  runners[1]?.last.finish({ runMs: 150 });
  await result;
  await settle();
  expect(events.map(({ kind }) => kind)).toEqual(['batch-failed', 'retried', 'batch', 'batch']);
  expect(events[0]).toEqual({ kind: 'batch-failed', replica: 'cpu#0', reason: 'exit 1' });
  expect(events[1]).toEqual({ kind: 'retried', candidates: 9 });
  expect(events[2]).toEqual({
    kind: 'batch',
    replica: 'cpu#1',
    isSpareWork: false,
    bucket: 10,
    candidates: 9,
    packedTokens: 94,
    predictedMs: 188,
    runMs: 150,
    realSlots: 16 + 9 * 140,
    paddedSlots: 0,
  });
});

describe('the order of requests', () => {
  test('interactive requests run before earlier deferrable ones', async () => {
    const { runner, rank } = setUpScheduler();
    const running = rank([10]);
    const deferrable = rank([10], { firstId: 50, priority: 'deferrable' });
    const interactive = rank([10], { firstId: 100 });
    for (const place of [0, 1, 2]) {
      runner.runs[place]?.finish();
      await settle();
    }
    await Promise.all([running, deferrable, interactive]);
    expect(runner.runs.map(({ ids }) => ids[0]?.[0])).toEqual([0, 100, 50]);
  });

  test('a deferrable request that has waited long enough counts as interactive', async () => {
    const { clock, runner, rank } = setUpScheduler({ agingMs: 10, deferrableWaitMs: 100 });
    const results = [rank(times(9, 10)), rank([10], { firstId: 500, priority: 'deferrable' })];
    await clock.advance(100);
    results.push(rank(times(9, 10), { firstId: 100 }));
    runner.runs[0]?.finish();
    await settle();
    expect(runner.runs[1]?.ids[0]?.[0]).toBe(500);
    runner.runs.slice(1).forEach((run) => run.finish());
    await settle();
    runner.last.finish();
    await Promise.all(results);
  });

  test('with one client and no deadlines, requests run in order of arrival', async () => {
    const { runner, rank } = setUpScheduler({ agingMs: 1_000 });
    const results = [0, 1, 2, 3].map((i) =>
      rank(times(9, 10), { firstId: 100 * i, timeoutMs: Number.POSITIVE_INFINITY }),
    );
    for (const place of [0, 1, 2, 3]) {
      runner.runs[place]?.finish();
      await settle();
    }
    await Promise.all(results);
    expect(runner.runs.map(({ ids }) => ids[0]?.[0])).toEqual([0, 100, 200, 300]);
  });

  test('a client with nothing waiting runs before one with a long queue', async () => {
    const cost = createCostModel();
    cost.observe({ replica: 'cpu#0', packedTokens: 100, slots: 0, runMs: 100 });
    const { clock, runner, rank } = setUpScheduler({ cost, agingMs: 1_000 });
    const greedy = [0, 1, 2, 3, 4].map((i) =>
      rank(times(9, 10), { firstId: 100 * i, client: 'g' }),
    );
    await clock.advance(5);
    const modest = rank([10], { firstId: 900, client: 'm' });
    for (const place of [0, 1, 2, 3, 4, 5]) {
      runner.runs[place]?.finish({ runMs: 100 });
      await settle();
    }
    await Promise.all([...greedy, modest]);
    const order = runner.runs.map(({ ids }) => ids[0]?.[0]);
    expect(order.indexOf(900)).toBeLessThanOrEqual(2);
  });
});
