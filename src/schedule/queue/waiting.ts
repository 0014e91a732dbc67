import type { WaitingRequest } from '../policy/view.ts';

/** Callers' requests that are scheduled and not answered, and what of them waits. */
export interface Waiting {
  /** Requests of which candidates wait for a replica. */
  readonly requests: number;
  /** Requests whose last candidates are with a replica. */
  readonly running: number;
  readonly candidates: number;
  readonly tokens: number;
}

/** Counts what waits, without the server's own work. */
export function countWaiting(
  all: readonly Pick<WaitingRequest, 'waiting' | 'waitingTokens' | 'isSpareWork'>[],
): Waiting {
  const count = { requests: 0, running: 0, candidates: 0, tokens: 0 };
  for (const { waiting, waitingTokens } of all.filter((one) => one.isSpareWork !== true)) {
    count[waiting.length > 0 ? 'requests' : 'running'] += 1;
    count.candidates += waiting.length;
    count.tokens += waitingTokens;
  }
  return count;
}
