import { describe, expect, test } from '@jest/globals';
import { ScheduledRequest } from '../../../src/schedule/queue/request.ts';
import { fakeRequest } from '../../support/fakes/runner.ts';
import { anyCall } from '../../support/fakes/scheduler.ts';

const position = { arrivedAtMs: 0, dueAtMs: 0, fairDueAtMs: 0, isShared: false };

/** Candidates of 20 and 5 tokens behind a prefix of 4. */
function open({
  partialOk = false,
  ...changed
}: Partial<typeof position & { partialOk: boolean }> = {}) {
  const call = anyCall({ partialOk, deadlineAtMs: 100 });
  return new ScheduledRequest(fakeRequest([20, 5]), call, [10, 40], { ...position, ...changed });
}

describe('a scheduled request', () => {
  test('gives its candidates to batches by ascending bucket, and settles with the last one', async () => {
    const request = open();
    const short = request.take(1, 5);
    expect([short.candidates[0]?.index, request.running, request.waitingTokens]).toEqual([
      1, 1, 20,
    ]);
    request.score(short, Float32Array.of(1, 2), 10);
    expect(request.isSettled).toBe(false);
    request.score(request.take(1, 12), Float32Array.of(3, 4), 30);
    expect(await request.settled).toEqual({
      logits: Float32Array.of(3, 4, 1, 2),
      scored: Uint8Array.of(1, 1),
      complete: true,
      batches: 2,
      packedTokens: 4 + 5 + 4 + 20,
      queueMs: 5,
      runMs: 25,
    });
  });

  test('counts waiting slots as tokens times the tokens that they attend to', () => {
    expect(open().waitingSlots).toBe(20 * 24 + 5 * 9);
  });

  test('returns a failed part to the queue once', async () => {
    const request = open();
    request.retry(request.take(2, 5), 'gone');
    expect([request.waiting.map(({ index }) => index), request.running]).toEqual([[1, 0], 0]);
    request.retry(request.take(1, 6), 'gone again');
    await expect(request.settled).rejects.toMatchObject({
      kind: 'replica-failed',
      message: 'two replicas failed in turn: gone again',
    });
  });

  test('expires with partialOk as a partial result', async () => {
    const request = open({ partialOk: true });
    request.score(request.take(1, 5), Float32Array.of(1, 2), 10);
    request.expire(100);
    expect(await request.settled).toMatchObject({ complete: false, scored: Uint8Array.of(0, 1) });
  });

  test.each([
    [100, undefined, 'the deadline passed 100 ms after encoding with 0 of 2 candidates scored'],
    [60, 'DROPPED_LATE', /^60 ms after encoding, with 0 of 2 candidates scored, the rest could no/],
  ])('expired at %i is an error with the reason %s', async (nowMs, reason, message) => {
    const request = open();
    request.expire(nowMs);
    await expect(request.settled).rejects.toMatchObject({ kind: 'deadline-exceeded', reason });
    await expect(request.settled).rejects.toThrow(message);
  });

  test('is over its share only if others share the server and its turn is delayed', () => {
    expect(open({ fairDueAtMs: 1, isShared: true }).isOverShare).toBe(true);
    expect(open({ fairDueAtMs: 1 }).isOverShare).toBe(false);
    expect(open({ isShared: true }).isOverShare).toBe(false);
  });
});
