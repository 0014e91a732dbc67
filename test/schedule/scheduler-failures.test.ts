import { describe, expect, test } from '@jest/globals';
import type { ScheduleResult } from '../../src/schedule/queue/request.ts';
import { settle } from '../support/fakes/clock.ts';
import { FakeRunner } from '../support/fakes/runner.ts';
import { logitsOf, setUpScheduler, times } from '../support/fakes/scheduler.ts';

describe('replicas that fail', () => {
  test("a crashed replica's batches run once more, elsewhere", async () => {
    const { runners, rank } = setUpScheduler({ replicas: 2 });
    const [a, b] = runners;
    const result = rank(times(18, 10));
    a?.last.fail('replica-failed');
    await settle();
    b?.last.finish();
    await settle();
    expect(b?.runs).toHaveLength(2);
    b?.last.finish();
    const ids = Array.from({ length: 18 }, (_, i) => i);
    expect(await result).toMatchObject({ logits: logitsOf(...ids), complete: true });
    expect(a?.runs).toHaveLength(1);
  });

  test('or on the same slot when its replica is ready again', async () => {
    const { scheduler, runner, rank } = setUpScheduler();
    const result = rank([10]);
    scheduler.setReplicas([], 1);
    runner.last.fail('replica-failed');
    await settle();
    const again = new FakeRunner();
    scheduler.setReplicas([again], 0);
    again.last.finish();
    expect(await result).toMatchObject({ logits: logitsOf(0) });
  });

  test('a second crash ends the request', async () => {
    const { runners, rank } = setUpScheduler({ replicas: 2 });
    const result = rank([10]);
    runners[0]?.last.fail('replica-failed', 'exit 1');
    await settle();
    runners[1]?.last.fail('replica-failed', 'exit 2');
    await expect(result).rejects.toMatchObject({
      kind: 'replica-failed',
      message: 'two replicas failed in turn: exit 2',
    });
  });

  test('a failed batch is not retried after the deadline', async () => {
    const { clock, scheduler, runner, rank } = setUpScheduler();
    const result = rank([10], { timeoutMs: 50 });
    scheduler.setReplicas([], 1);
    runner.last.fail('replica-failed');
    await clock.advance(50);
    await expect(result).rejects.toMatchObject({ kind: 'deadline-exceeded' });
  });

  test('if no replica is left, waiting and later requests are refused', async () => {
    const { scheduler, runner, rank } = setUpScheduler();
    const results = [rank([10]), rank([10])];
    scheduler.setReplicas([], 0);
    const refused = { kind: 'unavailable', message: /no replica is left/ };
    for (const result of [...results, rank([10])]) {
      const error: unknown = await result.catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ kind: refused.kind });
    }
    runner.last.fail('replica-failed');
    await settle();
  });

  test('a removed replica finishes its batches', async () => {
    const { scheduler, runner, rank } = setUpScheduler();
    const result: Promise<ScheduleResult> = rank([10]);
    scheduler.setReplicas([], 1);
    runner.last.finish();
    expect(await result).toMatchObject({ complete: true });
  });
});
