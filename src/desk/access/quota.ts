import { RankError } from '../../base/errors.ts';
import type { QuotaRate } from './api-keys.ts';

/** A token bucket, as of its last draw. */
export interface Bucket {
  /** How many candidates may be drawn; below 0 after a request larger than the burst. */
  readonly level: number;
  readonly atMs: number;
}

export type Drawn =
  | { readonly ok: true; readonly bucket: Bucket }
  | { readonly ok: false; readonly retryAfterMs: number };

/**
 * Draws a request's candidates. A full bucket admits a request larger than the burst and goes into
 * debt, so that every request can be served some time, and the rate is kept on average.
 */
export function draw(
  bucket: Bucket | undefined,
  { candidatesPerSecond, burst }: QuotaRate,
  candidates: number,
  nowMs: number,
): Drawn {
  const gained = bucket === undefined ? 0 : ((nowMs - bucket.atMs) / 1000) * candidatesPerSecond;
  const level = bucket === undefined ? burst : Math.min(burst, bucket.level + Math.max(0, gained));
  const missing = Math.min(candidates, burst) - level;
  // Rounding may leave a fraction of a candidate missing after the wait that was asked for.
  return missing > 1e-6
    ? { ok: false, retryAfterMs: Math.ceil((missing / candidatesPerSecond) * 1000) }
    : { ok: true, bucket: { level: level - candidates, atMs: nowMs } };
}

/**
 * The price of calls, in candidates. Each candidate costs 1, except those skipped before encoding,
 * which cost nothing. Estimates, tokenizing and the storing of items use the main thread and the
 * encoders, but no replica while the caller waits, so candidate, text or item cost a tenth there.
 * Every call, and every message of items, costs at least 1.
 */
export const prices = {
  rank: (candidates: number) => Math.max(1, candidates),
  estimate: (candidates: number) => Math.max(1, candidates / 10),
  tokenize: (texts: number) => Math.max(1, texts / 10),
  items: (items: number) => Math.max(1, items / 10),
} as const;

/** The buckets of the clients that have a quota: at most as many as the key file names. */
export class Quotas {
  readonly #buckets = new Map<string, Bucket>();

  /** @throws RankError `overloaded`, `QUOTA_EXCEEDED`, with the time until the quota suffices. */
  draw(client: string, rate: QuotaRate, candidates: number, nowMs: number): void {
    const drawn = draw(this.#buckets.get(client), rate, candidates, nowMs);
    if (!drawn.ok) {
      throw new RankError(
        'overloaded',
        `${candidates} candidates are more than the quota has left; '${client}' may rank ` +
          `${rate.candidatesPerSecond} a second and ${rate.burst} at once`,
        { reason: 'QUOTA_EXCEEDED', retryAfterMs: drawn.retryAfterMs, quotaOf: client },
      );
    }
    this.#buckets.set(client, drawn.bucket);
  }

  /** Puts back the candidates of a request that was then refused. */
  giveBack(client: string, candidates: number): void {
    const bucket = this.#buckets.get(client);
    if (bucket !== undefined) {
      this.#buckets.set(client, { ...bucket, level: bucket.level + candidates });
    }
  }

  /** Removes the buckets of all other clients. */
  keepOnly(clients: ReadonlySet<string>): void {
    for (const client of this.#buckets.keys()) {
      if (!clients.has(client)) {
        this.#buckets.delete(client);
      }
    }
  }
}
