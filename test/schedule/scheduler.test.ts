import { describe, expect, test } from '@jest/globals';
import { FakeClock, settle } from '../support/fakes/clock.ts';
import { fakeRequest } from '../support/fakes/runner.ts';
import { anyCall, logitsOf, setUpScheduler, times } from '../support/fakes/scheduler.ts';

describe('scoring', () => {
  test('returns the logits of each candidate in the order of the request, whatever the lengths', async () => {
    const { runner, rank } = setUpScheduler();
    const result = rank([30, 5, 20]);
    expect(runner.last.ids).toEqual([[1, 2, 0]]);
    runner.last.finish();
    expect(await result).toMatchObject({ logits: logitsOf(0, 1, 2), complete: true, batches: 1 });
  });

  test('splits a large request and merges its batches, in whatever order they end', async () => {
    const { runners, rank } = setUpScheduler({ replicas: 2 });
    const result = rank(times(18, 10));
    const [a, b] = runners.map(({ last }) => last);
    expect([a?.packedTokens, b?.packedTokens]).toEqual([94, 94]);
    b?.finish();
    await settle();
    a?.finish();
    const ids = Array.from({ length: 18 }, (_, i) => i);
    expect(await result).toMatchObject({ logits: logitsOf(...ids), batches: 2, packedTokens: 188 });
  });

  test('batches small requests together and returns each its own logits', async () => {
    const { clock, runner, rank } = setUpScheduler({ lingerMs: 2 });
    const results = [rank([10, 10]), rank([10], { firstId: 50 })];
    expect(runner.runs).toHaveLength(0);
    await clock.advance(2);
    expect(runner.runs.map(({ ids }) => ids)).toEqual([[[0, 1], [50]]]);
    runner.last.finish();
    const [first, second] = await Promise.all(results);
    expect(first).toMatchObject({ logits: logitsOf(0, 1), packedTokens: 24 });
    expect(second).toMatchObject({ logits: logitsOf(50), packedTokens: 14 });
  });

  test('a replica holds one running batch and one prepared', async () => {
    const { runner, rank } = setUpScheduler();
    const result = rank(times(27, 10));
    expect(runner.runs).toHaveLength(2);
    runner.runs[0]?.finish();
    await settle();
    expect(runner.runs).toHaveLength(2);
    runner.runs[1]?.finish();
    await settle();
    runner.runs[2]?.finish();
    expect(await result).toMatchObject({ batches: 3 });
  });

  test('reports how long a request waited and ran', async () => {
    const { clock, runner, rank } = setUpScheduler({ lingerMs: 3 });
    const result = rank([10]);
    await clock.advance(10);
    runner.last.finish();
    expect(await result).toMatchObject({ queueMs: 3, runMs: 7 });
  });

  test('learns what tokens cost', async () => {
    const { runner, rank, scheduler } = setUpScheduler();
    const result = rank([6]);
    runner.last.finish({ runMs: 20 });
    await result;
    await settle();
    expect(scheduler.estimateMs(100)).toBe(200);
  });
});

describe('the end of a request', () => {
  test('a passed deadline fails the request, and its waiting candidates never run', async () => {
    const { clock, runner, rank } = setUpScheduler();
    const result = rank(times(27, 10), { timeoutMs: 50 });
    await clock.advance(50);
    await expect(result).rejects.toMatchObject({
      kind: 'deadline-exceeded',
      message: 'the deadline passed 50 ms after encoding with 0 of 27 candidates scored',
    });
    runner.runs.forEach((run) => run.finish());
    await settle();
    expect(runner.runs).toHaveLength(2);
    expect(clock.timers).toBe(0);
  });

  test('a deadline that has passed already never reaches a replica', async () => {
    const { runner, rank } = setUpScheduler();
    await expect(rank([10], { timeoutMs: 0 })).rejects.toMatchObject({ kind: 'deadline-exceeded' });
    expect(runner.runs).toHaveLength(0);
  });

  test('with partialOk the deadline returns what is scored', async () => {
    const { clock, runner, rank } = setUpScheduler();
    const result = rank(times(18, 10), { timeoutMs: 50, partialOk: true });
    runner.runs[0]?.finish();
    await settle();
    await clock.advance(50);
    const { logits, scored, complete, batches } = await result;
    expect({ complete, batches }).toEqual({ complete: false, batches: 1 });
    expect([...scored]).toEqual([...times(9, 1), ...times(9, 0)]);
    expect(logits.slice(0, 18)).toEqual(logitsOf(...Array.from({ length: 9 }, (_, i) => i)));
  });

  test('the earliest deadline runs first', async () => {
    const { runner, rank } = setUpScheduler();
    const later = [rank(times(9, 10)), rank(times(5, 10), { firstId: 100 })];
    const urgent = rank(times(9, 10), { firstId: 200, timeoutMs: 99 });
    for (const place of [0, 1, 2]) {
      runner.runs[place]?.finish();
      await settle();
    }
    await Promise.all([...later, urgent]);
    expect(runner.runs.map(({ ids }) => ids[0]?.[0])).toEqual([0, 200, 100]);
  });

  test('a cancelled request is answered at once, and its waiting candidates never run', async () => {
    const { clock, runner, rank } = setUpScheduler();
    const caller = new AbortController();
    const gone = rank(times(27, 10), { signal: caller.signal });
    const other = rank([10], { firstId: 500 });
    caller.abort();
    await expect(gone).rejects.toMatchObject({ kind: 'cancelled' });
    runner.runs.forEach((run) => run.finish());
    await settle();
    expect(runner.last.ids).toEqual([[500]]);
    runner.last.finish();
    expect(await other).toMatchObject({ complete: true });
    expect(clock.timers).toBe(0);
  });

  test('a request that is cancelled already is refused', async () => {
    const { runner, rank } = setUpScheduler();
    await expect(rank([10], { signal: AbortSignal.abort() })).rejects.toMatchObject({
      kind: 'cancelled',
    });
    expect(runner.runs).toHaveLength(0);
  });

  test('a logit that is not a number fails its request, naming the candidate, and no other request', async () => {
    const { clock, runner, rank } = setUpScheduler({ lingerMs: 1 });
    const bad = rank([10, 10, 10]);
    const good = rank([10], { firstId: 50 });
    await clock.advance(1);
    runner.last.finish({ bad: 1 });
    await expect(bad).rejects.toMatchObject({
      kind: 'internal',
      message: 'candidates[1] got the logits yes NaN, no 0; both must be finite',
    });
    expect(await good).toMatchObject({ logits: logitsOf(50) });
  });

  test('too few logits are an internal error', async () => {
    const clock = new FakeClock();
    const { scheduler } = setUpScheduler();
    const short = {
      name: 'short',
      run: () => Promise.resolve({ ok: true, logits: new Float32Array(2), runMs: 1 } as const),
    };
    scheduler.setReplicas([short], 0);
    const call = anyCall({ deadlineAtMs: clock.nowMs() + 1_000 });
    await expect(scheduler.schedule(fakeRequest([5, 5]), call)).rejects.toMatchObject({
      kind: 'internal',
    });
  });

  test('a batch whose run fails is not retried', async () => {
    const { runner, rank } = setUpScheduler();
    const result = rank([10]);
    runner.last.fail('internal', 'bad shape');
    await expect(result).rejects.toMatchObject({ kind: 'internal', message: 'bad shape' });
    expect(runner.runs).toHaveLength(1);
  });
});
