import { expect, test } from '@jest/globals';
import type { BatchOutcome } from '../../src/batch/packed-batch.ts';
import type { ServingEvent } from '../../src/domain/events.ts';
import { createCostModel } from '../../src/schedule/costs/cost.ts';
import { HeldReplica } from '../../src/schedule/held-replica.ts';
import { ScheduledRequest } from '../../src/schedule/queue/request.ts';
import { concludePart, runBatch, type RunOptions } from '../../src/schedule/run-batch.ts';
import { FakeClock } from '../support/fakes/clock.ts';
import { fakePack, fakeRequest } from '../support/fakes/runner.ts';
import { anyCall } from '../support/fakes/scheduler.ts';

const position = { arrivedAtMs: 0, dueAtMs: 0, fairDueAtMs: 0, isShared: false };
const open = () => new ScheduledRequest(fakeRequest([5, 20]), anyCall(), [10, 40], position);

/**
 * A batch of one request with two candidates behind a prefix of 4 tokens, run with this outcome.
 */
async function run(outcome: () => Promise<BatchOutcome>, pack: RunOptions['pack'] = fakePack) {
  const events: ServingEvent[] = [];
  const cost = createCostModel();
  const replica = new HeldReplica({ name: 'cpu#0', run: outcome });
  const options = {
    pack,
    cost,
    clock: new FakeClock(),
    tell: (event: ServingEvent) => void events.push(event),
  };
  const result = await runBatch(replica, [open().take(2, 0)], options);
  return { result, events, cost, replica };
}

test('a batch that has run is an event, and teaches its cost', async () => {
  const logits = Float32Array.of(1, 2, 3, 4);
  const { result, events, cost, replica } = await run(() =>
    Promise.resolve({ ok: true, logits, runMs: 58 }),
  );
  expect(result).toMatchObject({ ok: true, logits });
  expect(events).toEqual([
    {
      kind: 'batch',
      replica: 'cpu#0',
      isSpareWork: false,
      bucket: 40,
      candidates: 2,
      packedTokens: 29,
      predictedMs: 0,
      runMs: 58,
      realSlots: 4 * 4 + 5 * 9 + 20 * 24,
      paddedSlots: 0,
    },
  ]);
  expect(cost.table().replicas).toMatchObject([{ replica: 'cpu#0' }]);
  expect([replica.batches, replica.lastBucket]).toEqual([0, 10]);
});

const full: BatchOutcome = { ok: false, kind: 'out-of-memory', message: 'full' };

test.each([
  ['a failed run', () => Promise.resolve(full)],
  ['a runner that rejects', () => Promise.reject<BatchOutcome>(new Error('full'))],
])('%s is an outcome and an event', async (_what, outcome) => {
  const { result, events, cost, replica } = await run(outcome);
  expect(result).toMatchObject({ ok: false, message: 'full' });
  expect(events).toEqual([{ kind: 'batch-failed', replica: 'cpu#0', reason: 'full' }]);
  expect([replica.batches, cost.table().kinds]).toEqual([0, []]);
});

test('parts that cannot be packed are an outcome too', async () => {
  const { result, replica } = await run(
    () => Promise.reject(new Error('never run')),
    () => {
      throw new RangeError('a candidate has 0 tokens');
    },
  );
  expect(result).toEqual({ ok: false, kind: 'internal', message: 'a candidate has 0 tokens' });
  expect(replica.batches).toBe(0);
});

test('a part takes its own logits from those of the batch', async () => {
  const request = open();
  const logits = Float32Array.of(9, 9, 1, 2, 3, 4);
  concludePart(request.take(2, 0), { ok: true, logits, runMs: 1 }, 2, 10);
  expect((await request.settled).logits).toEqual(Float32Array.of(1, 2, 3, 4));
});

test('a part waits again after its replica failed, and fails after an internal error', async () => {
  const request = open();
  concludePart(request.take(2, 0), { ok: false, kind: 'replica-failed', message: 'x' }, 0, 10);
  expect(request.waiting).toHaveLength(2);
  concludePart(request.take(2, 0), { ok: false, kind: 'internal', message: 'bad shape' }, 0, 10);
  await expect(request.settled).rejects.toThrow('bad shape');
});
