import { type Outcome, outcomes } from '../../../src/domain/events.ts';
import { outcomeOf, type Sent, type Tally, tally } from './ends.ts';

/** Statuses of each request id in the server's log. */
export type ServerEnds = ReadonlyMap<string, readonly string[]>;

/** The client's outcomes compared with the server's, request by request. */
export interface Account {
  readonly sent: number;
  readonly counts: Tally;
  /** Counts by outcome at the client and at the server; `unseen` means that it was not logged. */
  readonly pairs: readonly PairCount[];
  /** Every difference as a sentence; empty when client and server agree. */
  readonly problems: readonly string[];
}

export interface PairCount {
  readonly client: Outcome;
  readonly server: Outcome | 'unseen';
  readonly count: number;
}

const mostNamed = 5;

/**
 * Checks that every request ended exactly once and that client and server agree on its outcome.
 * They may differ only when the client stopped waiting: a cancelled or expired request may have
 * ended in any way at the server, or never have reached it. `server` is undefined when there is no
 * log.
 */
export function reconcile(ends: readonly Sent[], server: ServerEnds | undefined): Account {
  const counts = tally(ends);
  const problems = [
    ...list(
      'did not end exactly once',
      ends.filter((end) => end.ends !== 1),
    ),
    ...list('sent twice under one id', findRepeated(ends)),
    ...list(
      'failed',
      ends.filter(({ outcome }) => outcome === 'failed'),
    ),
  ];
  if (server === undefined) {
    return { sent: ends.length, counts, pairs: [], problems };
  }
  const pairs = new Map<string, PairCount>();
  const contradicted: Sent[] = [];
  const repeated: Sent[] = [];
  for (const end of ends) {
    const statuses = server.get(end.id) ?? [];
    const logged = serverOutcome(end, statuses[0]);
    const key = `${end.outcome} ${logged}`;
    const count = (pairs.get(key)?.count ?? 0) + 1;
    pairs.set(key, { client: end.outcome, server: logged, count });
    if (statuses.length > 1) {
      repeated.push(end);
    }
    if (logged !== end.outcome && !mayDiffer(end)) {
      contradicted.push(end);
    }
  }
  return {
    sent: ends.length,
    counts,
    pairs: [...pairs.values()].sort(inOrder),
    problems: [
      ...problems,
      ...list('ended more than once at the server', repeated),
      ...list('ended differently at the server', contradicted),
    ],
  };
}

/** Complete and partial answers have the same status, so the client's outcome decides. */
function serverOutcome(end: Sent, status: string | undefined): Outcome | 'unseen' {
  return status === undefined ? 'unseen' : outcomeOf(status, end.outcome !== 'partial');
}

/** UNAVAILABLE may also be the transport's status of a call that never reached the server. */
function mayDiffer({ outcome, status }: Sent): boolean {
  return outcome === 'expired' || outcome === 'cancelled' || status === 'UNAVAILABLE';
}

function findRepeated(ends: readonly Sent[]): readonly Sent[] {
  const seen = new Set<string>();
  return ends.filter(({ id }) => seen.size === seen.add(id).size);
}

function list(what: string, ends: readonly Sent[]): readonly string[] {
  if (ends.length === 0) {
    return [];
  }
  const named = ends.slice(0, mostNamed).map(({ id, status }) => `${id} (${status})`);
  const more = ends.length > mostNamed ? ', ...' : '';
  return [`${ends.length} ${what}: ${named.join(', ')}${more}`];
}

function inOrder(a: PairCount, b: PairCount): number {
  return (
    outcomes.indexOf(a.client) - outcomes.indexOf(b.client) || a.server.localeCompare(b.server)
  );
}
