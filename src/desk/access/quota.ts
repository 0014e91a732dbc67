import { RankError } from '../../base/errors.ts';
import type { QuotaRate } from './api-keys.ts';

/** A token bucket as it was last seen. */
export interface Bucket {
  /** Candidates it would let through; below 0 after a request larger than what there was. */
  readonly level: number;
  readonly atMs: number;
}

export type Drawn =
  | { readonly ok: true; readonly bucket: Bucket }
  | { readonly ok: false; readonly retryAfterMs: number };

/**
 * Draws a request's candidates. A request larger than the burst is let through by a full bucket, which then is in debt:
 * no size is locked out for ever, and the rate holds all the same.
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
  // The share of a candidate that rounding may leave after waiting exactly as long as was asked.
  return missing > 1e-6
    ? { ok: false, retryAfterMs: Math.ceil((missing / candidatesPerSecond) * 1000) }
    : { ok: true, bucket: { level: level - candidates, atMs: nowMs } };
}

/**
 * What calls cost, in candidates: one that is to be scored is 1, however it ends; those that are skipped for their text as
 * it came are not counted. Estimating a request and tokenizing a text take main thread and
 * encoders alone, never a replica, so they cost a tenth of a candidate each; a call costs 1 at least.
 */
export const prices = {
  rank: (candidates: number) => Math.max(1, candidates),
  estimate: (candidates: number) => Math.max(1, candidates / 10),
  tokenize: (texts: number) => Math.max(1, texts / 10),
} as const;

/** The clients' buckets. Holds one for each client that has a quota, so as many as the key file names. */
export class Quotas {
  readonly #buckets = new Map<string, Bucket>();

  /** @throws RankError `overloaded`, `QUOTA_EXCEEDED`, saying when there will be enough. */
  draw(client: string, rate: QuotaRate, candidates: number, nowMs: number): void {
    const drawn = draw(this.#buckets.get(client), rate, candidates, nowMs);
    if (!drawn.ok) {
      throw new RankError(
        'overloaded',
        `${candidates} candidates are more than the quota has left; '${client}' may rank ${rate.candidatesPerSecond} a second and ${rate.burst} at once`,
        { reason: 'QUOTA_EXCEEDED', retryAfterMs: drawn.retryAfterMs, quotaOf: client },
      );
    }
    this.#buckets.set(client, drawn.bucket);
  }

  /** Puts back what was drawn for a request that was then refused. */
  giveBack(client: string, candidates: number): void {
    const bucket = this.#buckets.get(client);
    if (bucket !== undefined) {
      this.#buckets.set(client, { ...bucket, level: bucket.level + candidates });
    }
  }

  /** Forgets the clients that are gone. */
  keepOnly(clients: ReadonlySet<string>): void {
    for (const client of this.#buckets.keys()) {
      if (!clients.has(client)) {
        this.#buckets.delete(client);
      }
    }
  }
}
