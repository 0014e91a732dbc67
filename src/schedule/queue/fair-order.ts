/** Whose turn it is: deadlines among a client's own requests, fair shares among clients. */

/** What waits, as far as turns go. */
export interface Turn {
  readonly client: string;
  readonly dueMs: number;
  readonly waitingTokens: number;
  /** When it is due beside the other clients: the queue's order. */
  orderMs: number;
}

/**
 * When a request is due by itself: earliest deadline first, with aging. A deadline that is far away or missing counts
 * as one `agingMs` after the arrival, so that a stream of urgent requests cannot starve it.
 */
export function dueOf(arrivedMs: number, deadlineMs: number, agingMs: number): number {
  return Math.min(deadlineMs, arrivedMs + agingMs);
}

/**
 * When it is due beside others: start-time fair queuing in real time. A request stands back for as long as its
 * client's waiting work takes at the client's share of the replicas, `clients` sharing them; one whose client has
 * nothing waiting stands back for nobody. A share is at most a half: somebody may always come.
 *
 * `togetherMs` says how long all replicas need for so many tokens.
 */
export function orderOf(
  { client, dueMs }: Pick<Turn, 'client' | 'dueMs'>,
  waiting: readonly Turn[],
  clients: number,
  togetherMs: (tokens: number) => number,
): number {
  const ownTokens = waiting.reduce(
    (sum, turn) => sum + (turn.client === client ? turn.waitingTokens : 0),
    0,
  );
  return dueMs + (ownTokens > 0 ? Math.max(2, clients) * togetherMs(ownTokens) : 0);
}

/**
 * Gives a client's places in the queue to its requests in the order in which they are due: among its own, a client's
 * earliest deadline goes first. Returns the turns whose place has changed and where each was.
 */
export function settleTurns<One extends Turn>(own: readonly One[]): ReadonlyMap<One, number> {
  const places = own.map(({ orderMs }) => orderMs).sort((a, b) => a - b);
  const changed = new Map<One, number>();
  own
    .toSorted((a, b) => a.dueMs - b.dueMs || a.orderMs - b.orderMs)
    .forEach((turn, i) => {
      const place = places[i] ?? turn.orderMs;
      if (place !== turn.orderMs) {
        changed.set(turn, place);
      }
    });
  return changed;
}

/** Most clients remembered; past it the one that was silent longest is forgotten. */
const mostClients = 1_000;

/** How many clients share the server: those that sent something lately. */
export class ActiveClients {
  readonly #windowMs: number;
  /** The one that was silent longest first. */
  readonly #seenMs = new Map<string, number>();

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  see(client: string, nowMs: number): void {
    this.#seenMs.delete(client);
    this.#seenMs.set(client, nowMs);
    this.#forget(nowMs);
  }

  /** With this one. */
  count(client: string, nowMs: number): number {
    this.#forget(nowMs);
    return this.#seenMs.size + (this.#seenMs.has(client) ? 0 : 1);
  }

  #forget(nowMs: number): void {
    for (const [oldest, seenMs] of this.#seenMs) {
      if (seenMs >= nowMs - this.#windowMs && this.#seenMs.size <= mostClients) {
        break;
      }
      this.#seenMs.delete(oldest);
    }
  }
}
