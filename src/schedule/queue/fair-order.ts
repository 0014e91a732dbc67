/** Queue order: by deadline among one client's requests, by fair share among clients. */

import { at } from '../../base/at.ts';

/** A queued request as far as its position is concerned. */
export interface Queued {
  readonly client: string;
  readonly dueAtMs: number;
  readonly waitingTokens: number;
  /** The queue is sorted by this: `dueAtMs` delayed by what the client already has waiting. */
  fairDueAtMs: number;
}

/**
 * When a request is due without regard to other clients: earliest deadline first, with aging. A far
 * or missing deadline counts as `agingMs` after the arrival, so that a stream of urgent requests
 * cannot starve the request.
 */
export function computeDueAtMs(arrivedAtMs: number, deadlineAtMs: number, agingMs: number): number {
  return Math.min(deadlineAtMs, arrivedAtMs + agingMs);
}

/**
 * When a request is due with regard to other clients: start-time fair queuing in real time. It is
 * delayed by the time that its client's waiting work takes at that client's share of the replicas.
 * A client with nothing waiting is never delayed. Shares are capped at one half even for a single
 * client, because another may arrive at any time.
 *
 * `togetherMs` says how long all replicas need for this many tokens.
 */
export function computeFairDueAtMs(
  { client, dueAtMs }: { readonly client: string; readonly dueAtMs: number },
  queue: readonly Queued[],
  clients: number,
  togetherMs: (tokens: number) => number,
): number {
  const ownTokens = queue.reduce(
    (sum, other) => sum + (other.client === client ? other.waitingTokens : 0),
    0,
  );
  return dueAtMs + (ownTokens > 0 ? Math.max(2, clients) * togetherMs(ownTokens) : 0);
}

/**
 * Reassigns one client's positions among its own requests, earliest due first. Other clients keep
 * theirs.
 *
 * @returns the requests whose `fairDueAtMs` changes, with the new value.
 */
export function reorderByDeadline<Request extends Queued>(
  own: readonly Request[],
): ReadonlyMap<Request, number> {
  const positions = own.map(({ fairDueAtMs }) => fairDueAtMs).sort((a, b) => a - b);
  const changed = new Map<Request, number>();
  own
    .toSorted((a, b) => a.dueAtMs - b.dueAtMs || a.fairDueAtMs - b.fairDueAtMs)
    .forEach((request, i) => {
      const position = at(positions, i);
      if (position !== request.fairDueAtMs) {
        changed.set(request, position);
      }
    });
  return changed;
}

/** Most clients remembered; beyond it the one that has been silent longest is forgotten. */
const maxClients = 1_000;

/** Counts the clients that share the server: those that sent a request within the window. */
export class ActiveClients {
  readonly #windowMs: number;
  /** Ordered by last request, oldest first. */
  readonly #seenAtMs = new Map<string, number>();

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  see(client: string, nowMs: number): void {
    this.#seenAtMs.delete(client);
    this.#seenAtMs.set(client, nowMs);
    this.#forget(nowMs);
  }

  /** Always counts `client` itself. */
  count(client: string, nowMs: number): number {
    this.#forget(nowMs);
    return this.#seenAtMs.size + (this.#seenAtMs.has(client) ? 0 : 1);
  }

  #forget(nowMs: number): void {
    for (const [oldest, seenAtMs] of this.#seenAtMs) {
      if (seenAtMs >= nowMs - this.#windowMs && this.#seenAtMs.size <= maxClients) {
        break;
      }
      this.#seenAtMs.delete(oldest);
    }
  }
}
