/** What is known when the loop decides. */
export interface WorkView {
  /** Items being made now, and the most at a time. */
  readonly running: number;
  readonly mostRunning: number;
  /** Whether there is anything to be made, apart from what is running. */
  readonly hasStale: boolean;
  /** Whether the server has capacity that no request needs. */
  readonly isSpare: boolean;
  /** Until when the loop rests, after the store could not be written. */
  readonly restUntilMs: number;
  readonly nowMs: number;
}

export type Step =
  /** Take so many items on. */
  | { readonly kind: 'take'; readonly items: number }
  /** Decide again at this moment. */
  | { readonly kind: 'look-again'; readonly atMs: number }
  /** Decide again when items come or end. */
  | { readonly kind: 'sleep' };

/** Requests come and go in milliseconds; a look costs microseconds. */
const lookAgainMs = 25;

export function nextStep(view: WorkView): Step {
  const { running, mostRunning, hasStale, isSpare, restUntilMs, nowMs } = view;
  if (running >= mostRunning || !hasStale) {
    return { kind: 'sleep' };
  }
  if (nowMs < restUntilMs) {
    return { kind: 'look-again', atMs: restUntilMs };
  }
  return isSpare
    ? { kind: 'take', items: mostRunning - running }
    : { kind: 'look-again', atMs: nowMs + lookAgainMs };
}
