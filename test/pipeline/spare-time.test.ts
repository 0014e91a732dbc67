import { expect, test } from '@jest/globals';
import { createDeferred } from '../../src/base/deferred.ts';
import type { EncodedRequest } from '../../src/batch/packed-batch.ts';
import type { Call } from '../../src/domain/call.ts';
import { SpareTime } from '../../src/pipeline/spare-time.ts';
import { RankError } from '../../src/base/errors.ts';
import { FakeClock } from '../support/fakes/clock.ts';

const rows = (...ids: number[]): EncodedRequest => ({
  prefix: Int32Array.of(1),
  candidates: ids.map((id) => ({ ids: Int32Array.of(id), tokens: 1, truncated: false })),
});
const result = {
  scored: Uint8Array.of(1, 1),
  logits: Float32Array.of(3, 1, 1, 5),
  complete: true,
  batches: 1,
  packedTokens: 3,
  queueMs: 0,
  runMs: 1,
};

function setUp() {
  const calls: Call[] = [];
  const answer = createDeferred<typeof result>();
  let permits = 0;
  const held = { candidates: 0, tokens: 0 };
  const spare = new SpareTime({
    clock: new FakeClock(),
    admission: {
      held,
      follow: () => {
        permits += 1;
        return { correct: () => undefined, release: () => (permits -= 1) };
      },
    },
    scheduler: {
      pace: { sinceMs: () => 1000, meanGapMs: 10 },
      schedule: (_request, call) => {
        calls.push(call);
        return new Promise((resolve, reject) => {
          answer.promise.then(resolve, reject);
          call.signal.addEventListener('abort', () =>
            reject(new RankError('cancelled', 'the caller has gone')),
          );
        });
      },
    },
  });
  return { spare, calls, answer, held, permits: () => permits };
}
const never = new AbortController().signal;

test('rows are scored as work that no caller waits for, and their margins returned', async () => {
  const { spare, calls, answer, permits } = setUp();
  const margins = spare.score([rows(5, 6), rows(7, 8)], never);
  expect(permits()).toBe(1);
  answer.resolve(result);
  expect(await margins).toEqual([Float64Array.of(2, -4), Float64Array.of(2, -4)]);
  expect(permits()).toBe(0);
  expect(calls).toHaveLength(2);
  expect(calls[0]).toMatchObject({
    priority: 'deferrable',
    isSpareWork: true,
    deadlineAtMs: Number.POSITIVE_INFINITY,
  });
});

test('the signal gives them up', async () => {
  const { spare, permits } = setUp();
  const caller = new AbortController();
  const margins = spare.score([rows(5, 6)], caller.signal);
  caller.abort();
  await expect(margins).rejects.toMatchObject({ kind: 'cancelled' });
  expect(permits()).toBe(0);
});

test('a drain gives them up, and refuses others, as a state that passes', async () => {
  const { spare, permits } = setUp();
  const margins = spare.score([rows(5, 6)], never);
  spare.end();
  await expect(margins).rejects.toMatchObject({ kind: 'unavailable' });
  await expect(spare.score([rows(5)], never)).rejects.toMatchObject({ kind: 'unavailable' });
  expect(permits()).toBe(0);
});

test('a request in the queue leaves no spare time', () => {
  const { spare, held } = setUp();
  expect([spare.isIdle(), spare.has()]).toEqual([true, true]);
  held.candidates = 1;
  expect([spare.isIdle(), spare.has()]).toEqual([false, false]);
});
