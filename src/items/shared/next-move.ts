/** What is known when a server decides how to go on following the others. */
export interface FollowView {
  readonly nowMs: number;
  /** After a failure. */
  readonly restUntilMs: number;
  /** When it last began to compare all items; undefined: not yet. */
  readonly walkedAtMs: number | undefined;
  /** It may have missed changes of others, or they its own. */
  readonly needsWalk: boolean;
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

/** Between two walks at least, and at most. */
export interface WalkPace {
  readonly gapMs: number;
  readonly everyMs: number;
}

/** A walk an hour finds what no sign told of, such as items that there was no room for. */
export const walkPace: WalkPace = { gapMs: 5000, everyMs: 3_600_000 };

export function nextMove(view: FollowView, { gapMs, everyMs }: WalkPace = walkPace): Move {
  const { nowMs, restUntilMs, walkedAtMs, needsWalk, isChecked } = view;
  if (nowMs < restUntilMs) {
    return { kind: 'rest', untilMs: restUntilMs };
  }
  const sinceMs = walkedAtMs === undefined ? Number.POSITIVE_INFINITY : nowMs - walkedAtMs;
  if (sinceMs >= everyMs || (needsWalk && sinceMs >= gapMs)) {
    return { kind: 'walk' };
  }
  if (needsWalk) {
    return { kind: 'rest', untilMs: nowMs + gapMs - sinceMs };
  }
  return isChecked ? { kind: 'follow' } : { kind: 'check' };
}
