/** Whether the ranker reads the candidates' titles. */
export const variants = ['titles', 'no-titles'] as const;
export type Variant = (typeof variants)[number];

/** The part of each candidate that a ranker reads. */
export interface View {
  /** At most this many tokens from its start, title included. */
  readonly candidateTokens: number;
  readonly variant: Variant;
}

/** One value for each view. */
export type ByView<T> = readonly { readonly view: View; readonly value: T }[];

/** All variants at each of the text budgets. */
export function viewsOf(candidateTokens: readonly number[]): readonly View[] {
  return candidateTokens.flatMap((tokens) =>
    variants.map((variant) => ({ candidateTokens: tokens, variant })),
  );
}

export function valueAt<T>(values: ByView<T>, { candidateTokens, variant }: View): T {
  const found = values.find(
    ({ view }) => view.candidateTokens === candidateTokens && view.variant === variant,
  );
  if (found === undefined) {
    throw new RangeError(`this is a bug: no value for ${candidateTokens} tokens, ${variant}`);
  }
  return found.value;
}
