import type { PriorityClass } from '../domain/events.ts';
import type { Score } from './score-cache.ts';

/** How urgent a request is, as far as waiting for another's run goes. */
export interface Urgency {
  /** Absolute, in the clock's milliseconds. */
  readonly deadlineAtMs: number;
  readonly priority: PriorityClass;
}

/** The scores that a run came to, by key. Lacks what was left out. */
export type Landed = ReadonlyMap<string, Score>;

const nothing: Landed = new Map();

/**
 * A run of some pairs, started for one request and shared by all that want them meanwhile. It goes on for as long as
 * one of them is interested, whoever started it; only when the last has gone is it told to stop.
 */
export class Flight {
  readonly urgency: Urgency;
  /** For the one who started it. @throws RankError */
  readonly result: Promise<Landed>;
  /** For the others: empty when the run failed. Never rejects. */
  readonly landed: Promise<Landed>;
  readonly #stop = new AbortController();
  #interested = 1;

  /** The one who starts it is interested from the start. */
  constructor(urgency: Urgency, run: (signal: AbortSignal) => Promise<Landed>) {
    this.urgency = urgency;
    this.result = run(this.#stop.signal);
    this.landed = this.result.catch(() => nothing);
  }

  get isAbandoned(): boolean {
    return this.#stop.signal.aborted;
  }

  join(): void {
    this.#interested += 1;
  }

  leave(): void {
    this.#interested -= 1;
    if (this.#interested === 0) {
      this.#stop.abort();
    }
  }
}

/** How many times its own remaining time a request lets the one it waits for have. */
const patience = 2;

/**
 * Whether a request does as well to wait as to run the pairs itself: not behind a less urgent class, which may starve,
 * and not behind one with far more time, which the scheduler would let it overtake.
 */
export function canFollow(flight: Flight, own: Urgency, nowMs: number): boolean {
  const isLessUrgent = flight.urgency.priority === 'deferrable' && own.priority === 'interactive';
  const remainingMs = flight.urgency.deadlineAtMs - nowMs;
  return (
    !flight.isAbandoned && !isLessUrgent && remainingMs <= patience * (own.deadlineAtMs - nowMs)
  );
}
