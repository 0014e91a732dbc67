/** With the candidates' titles, and without: what a ranker makes of the text alone. */
export const variants = ['titles', 'no-titles'] as const;
export type Variant = (typeof variants)[number];

/** What a ranker is shown of each candidate. */
export interface View {
  /** Its first tokens, title included. */
  readonly candidateTokens: number;
  readonly variant: Variant;
}

/** One value for each view. */
export type ByView<T> = readonly { readonly view: View; readonly value: T }[];

/** All views of some numbers of tokens. */
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
    throw new RangeError(
      `nothing is known of ${candidateTokens} tokens, ${variant}; this is a bug`,
    );
  }
  return found.value;
}
