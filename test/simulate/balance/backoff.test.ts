import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import {
  defaultRetryPolicy,
  reconnectedAtMs,
  retryDelayMs,
} from '../../../src/simulate/balance/backoff.ts';

test('the default retry policy is that of the service config we ship', () => {
  const text = readFileSync('deploy/client-service-config.json', 'utf8');
  const { methodConfig } = JSON.parse(text) as {
    methodConfig: { retryPolicy: Record<string, unknown> }[];
  };
  const seconds = (ms: number) => `${ms / 1_000}s`;
  const { maxAttempts, initialBackoffMs, maxBackoffMs, backoffMultiplier } = defaultRetryPolicy;
  expect(methodConfig[0]?.retryPolicy).toEqual({
    maxAttempts,
    initialBackoff: seconds(initialBackoffMs),
    maxBackoff: seconds(maxBackoffMs),
    backoffMultiplier,
    retryableStatusCodes: ['UNAVAILABLE'],
  });
});

test('the delay doubles up to the most, with jitter of a fifth', () => {
  const means = [1, 2, 3, 4, 5, 6].map((n) => retryDelayMs(defaultRetryPolicy, n, () => 0.5));
  expect(means).toEqual([100, 200, 400, 800, 1_600, 2_000]);
  expect(retryDelayMs(defaultRetryPolicy, 2, () => 0)).toBeCloseTo(160, 9);
  expect(retryDelayMs(defaultRetryPolicy, 2, () => 1)).toBeCloseTo(240, 9);
});

test('a client is connected at its first attempt after the server is back', () => {
  const at = (backAtMs: number, random = 0.5) => reconnectedAtMs(1_000, backAtMs, () => random);
  // Attempts 1, 1 + 1.6, 1 + 1.6 + 2.56 s after the loss.
  expect(at(1_000)).toBe(1_000);
  expect([at(1_001), at(2_000), at(2_001), at(3_601)]).toEqual([2_000, 2_000, 3_600, 6_160]);
  expect(at(1_900, 0)).toBeCloseTo(1_000 + 800 + 1_280, 9);
});
