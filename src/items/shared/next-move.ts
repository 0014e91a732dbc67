/** What is known when a server decides how to go on following the others. */
export interface FollowView {
  readonly nowMs: number;
  /** After a failure. */
  readonly restUntilMs: number;
  /** When it last began to compare all items; undefined: not yet. */
  readonly walkedAtMs: number | undefined;
  /** Whether its place in the stream is known: where it goes on. */
  readonly hasPlace: boolean;
  /** Whether it may have missed changes of others, or they its own. */
  readonly needsWalk: boolean;
  /** Comparisons in a row that did not get all, as from a server that lies. */
  readonly lossyWalks: number;
  /** Whether the stream was seen to go on from its place since it was last idle or broken. */
  readonly isChecked: boolean;
}

export type Move =
  | { readonly kind: 'rest'; readonly untilMs: number }
  /** Compare all items. */
  | { readonly kind: 'walk' }
  /** Ask whether the stream still goes on from where it was read to. */
  | { readonly kind: 'check' }
  | { readonly kind: 'follow' };

export interface WalkPace {
  /** Between two walks at least; twice as long after each that did not get all. */
  readonly gapMs: number;
  /** Between two walks at most. */
  readonly everyMs: number;
}

/** The longest gap, in times the shortest. */
const mostGaps = 64;

/** A walk an hour finds what no sign told of, such as items that there was no room for. */
export const walkPace: WalkPace = { gapMs: 5000, everyMs: 3_600_000 };

export function nextMove(view: FollowView, pace: WalkPace = walkPace): Move {
  const { nowMs, restUntilMs, walkedAtMs, hasPlace, needsWalk, lossyWalks, isChecked } = view;
  if (nowMs < restUntilMs) {
    return { kind: 'rest', untilMs: restUntilMs };
  }
  const gapMs = pace.gapMs * Math.min(2 ** lossyWalks, mostGaps);
  const sinceMs = walkedAtMs === undefined ? Number.POSITIVE_INFINITY : nowMs - walkedAtMs;
  const isWanted = needsWalk || !hasPlace;
  if (sinceMs >= pace.everyMs || (isWanted && sinceMs >= gapMs)) {
    return { kind: 'walk' };
  }
  if (!hasPlace) {
    return { kind: 'rest', untilMs: nowMs + gapMs - sinceMs };
  }
  return isChecked ? { kind: 'follow' } : { kind: 'check' };
}
