/** Whose turn it is: deadlines among a client's own requests, fair shares among clients. */

/** What waits, as far as turns go. */
export interface Turn {
  readonly client: string;
  readonly dueMs: number;
  readonly waitingTokens: number;
}

/**
 * When a request is due by itself: earliest deadline first, with aging. A deadline that is far away or missing counts
 * as one `agingMs` after the arrival, so that a stream of urgent requests cannot starve it.
 */
export function dueOf(arrivedMs: number, deadlineMs: number, agingMs: number): number {
  return Math.min(deadlineMs, arrivedMs + agingMs);
}

/**
 * When it is due beside others: start-time fair queuing in real time. With several clients waiting, a request stands
 * back for as long as its client's own earlier work takes at the client's share of the replicas; one whose client has
 * nothing waiting stands back for nobody. Only clients with work waiting are known, so that there is nothing to forget.
 *
 * `togetherMs` says how long all replicas need for so many tokens.
 */
export function orderOf(
  own: Pick<Turn, 'client' | 'dueMs'>,
  waiting: readonly Turn[],
  togetherMs: (tokens: number) => number,
): number {
  const clients = new Set([own.client]);
  let ownTokens = 0;
  for (const { client, dueMs, waitingTokens } of waiting) {
    if (waitingTokens > 0) {
      clients.add(client);
      ownTokens += client === own.client && dueMs <= own.dueMs ? waitingTokens : 0;
    }
  }
  const isShared = clients.size > 1 && ownTokens > 0;
  return own.dueMs + (isShared ? clients.size * togetherMs(ownTokens) : 0);
}
