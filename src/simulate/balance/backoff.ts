/** How long clients wait before they call or connect again. */

import type { Random } from '../traffic/draw.ts';

/** The `retryPolicy` of a service config (gRFC A6), for calls that end with UNAVAILABLE. */
export interface RetryPolicy {
  readonly maxAttempts: number;
  readonly initialBackoffMs: number;
  readonly maxBackoffMs: number;
  readonly backoffMultiplier: number;
}

/** That of deploy/client-service-config.json. */
export const defaultRetryPolicy: RetryPolicy = {
  maxAttempts: 5,
  initialBackoffMs: 100,
  maxBackoffMs: 2_000,
  backoffMultiplier: 2,
};

/** Before the attempt after `attempts` failed ones, with jitter of 20 % as in grpc-js. */
export function retryDelayMs(policy: RetryPolicy, attempts: number, random: Random): number {
  const { initialBackoffMs, maxBackoffMs, backoffMultiplier } = policy;
  const meanMs = Math.min(initialBackoffMs * backoffMultiplier ** (attempts - 1), maxBackoffMs);
  return meanMs * (0.8 + 0.4 * random());
}

/** gRPC's connection backoff, which all its libraries share. */
const reconnect = { firstMs: 1_000, multiplier: 1.6, jitter: 0.2, mostMs: 120_000 };

/**
 * When a client that lost its connection at `lostAtMs` is connected again to a server that is back
 * at `backAtMs`: at its first attempt from then on.
 */
export function reconnectedAtMs(lostAtMs: number, backAtMs: number, random: Random): number {
  const { firstMs, multiplier, jitter, mostMs } = reconnect;
  let attemptAtMs = lostAtMs;
  for (let delayMs = firstMs; attemptAtMs < backAtMs; delayMs *= multiplier) {
    attemptAtMs += Math.min(delayMs, mostMs) * (1 + jitter * (2 * random() - 1));
  }
  return attemptAtMs;
}
