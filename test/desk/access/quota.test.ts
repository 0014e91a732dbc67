import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Bucket, type Drawn, draw, Quotas } from '../../../src/desk/access/quota.ts';

const rate = { candidatesPerSecond: 10, burst: 30 };

test('a new client has its burst, then its rate', () => {
  const quotas = new Quotas();
  quotas.draw('a', rate, 20, 0);
  quotas.draw('a', rate, 10, 0);
  expect(() => quotas.draw('a', rate, 5, 0)).toThrow(
    "5 candidates are more than the quota has left; 'a' may rank 10 a second and 30 at once",
  );
  expect(() => quotas.draw('a', rate, 5, 499)).toThrow();
  quotas.draw('a', rate, 5, 500);
  quotas.draw('b', rate, 30, 500);
});

test('after the time that a refusal names, the same draw succeeds', () => {
  const empty: Bucket = { level: 0, atMs: 1000 };
  expect(draw(empty, rate, 25, 1000)).toEqual({ ok: false, retryAfterMs: 2500 });
  expect(draw(empty, rate, 25, 3500)).toEqual({ ok: true, bucket: { level: 0, atMs: 3500 } });
});

test('a request larger than the burst passes a full bucket and leaves it in debt', () => {
  const first = draw(undefined, rate, 100, 0);
  expect(first).toEqual({ ok: true, bucket: { level: -70, atMs: 0 } });
  expect(draw({ level: -70, atMs: 0 }, rate, 1, 7000)).toEqual({ ok: false, retryAfterMs: 100 });
  expect(draw({ level: -70, atMs: 0 }, rate, 100, 9999)).toMatchObject({ ok: false });
  expect(draw({ level: -70, atMs: 0 }, rate, 100, 10_000)).toMatchObject({ ok: true });
});

test('candidates that were given back can be drawn again, up to the burst', () => {
  const quotas = new Quotas();
  quotas.draw('a', rate, 30, 0);
  quotas.giveBack('a', 30);
  quotas.draw('a', rate, 30, 0);
  quotas.giveBack('stranger', 10);
  quotas.keepOnly(new Set());
  quotas.draw('a', rate, 30, 0);
});

test('never more passes than burst, rate and one request allow', () => {
  const step = fc.record({ waitMs: fc.nat(2000), candidates: fc.integer({ min: 1, max: 100 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      let bucket: Bucket | undefined;
      let nowMs = 0;
      let passed = 0;
      for (const { waitMs, candidates } of steps) {
        nowMs += waitMs;
        const drawn = draw(bucket, rate, candidates, nowMs);
        passed += drawn.ok ? candidates : 0;
        bucket = drawn.ok ? drawn.bucket : bucket;
      }
      expect(passed).toBeLessThanOrEqual(30 + (nowMs / 1000) * 10 + 100);
    }),
  );
});

test('a client that waits as long as it was told is admitted', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -200, max: 30, noNaN: true }),
      fc.integer({ min: 1, max: 1000 }),
      fc.double({ min: 0.01, max: 1e6, noNaN: true }),
      (level, candidates, candidatesPerSecond) => {
        const own = { candidatesPerSecond, burst: 30 };
        const waitMs = waitOf(draw({ level, atMs: 5 }, own, candidates, 5));
        fc.pre(waitMs > 0);
        expect(draw({ level, atMs: 5 }, own, candidates, 5 + waitMs)).toMatchObject({ ok: true });
      },
    ),
  );
});

function waitOf(drawn: Drawn): number {
  return drawn.ok ? 0 : drawn.retryAfterMs;
}
