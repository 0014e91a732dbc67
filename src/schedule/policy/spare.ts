/** The facts that decide whether the server has time for work that no caller waits for. */
export interface SpareView {
  /** Candidates of requests that are admitted and not answered: they wait, are encoded, or run. */
  readonly admittedCandidates: number;
  /** Since the last request arrived; Infinity before the first. */
  readonly sinceArrivalMs: number;
  /** Mean time between recent arrivals; Infinity while it is unknown. */
  readonly meanGapMs: number;
}

/** A pause of this many mean gaps shows that the server is idle and not between two requests. */
const gaps = 3;
/** A pause of this length is enough, however long the gaps are. */
const longestPauseMs = 250;

/**
 * Whether spare work may begin. A batch of it cannot be interrupted, so a request that comes
 * meanwhile waits for its end: between the requests of a busy server none is begun.
 */
export function hasSpareTime({
  admittedCandidates,
  sinceArrivalMs,
  meanGapMs,
}: SpareView): boolean {
  return admittedCandidates === 0 && sinceArrivalMs >= Math.min(longestPauseMs, gaps * meanGapMs);
}
