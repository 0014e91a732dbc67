import type { Random } from './draw.ts';
import type { Arrival } from './traffic-streams.ts';

export interface StoredShare {
  /** The share of the requests that name stored items, 0 to 1. */
  readonly share: number;
  /** Most tokens of a stored candidate, with its suffix. */
  readonly candidateTokens: number;
}

/**
 * Shortens the candidates of a share of the requests, drawn at random, as if they were stored items
 * with summaries. One number is drawn for each request, so with equal random numbers a larger share
 * has the requests of a smaller one, and no other request changes.
 */
export function rankStored(
  arrivals: readonly Arrival[],
  { share, candidateTokens: most }: StoredShare,
  random: Random,
): readonly Arrival[] {
  return arrivals.map((arrival) =>
    random() < share
      ? {
          ...arrival,
          candidateTokens: arrival.candidateTokens.map((tokens) => Math.min(tokens, most)),
        }
      : arrival,
  );
}
