import type { BuiltModel, OpenScorer, PairScorer, ScorerOptions } from './pair-scorer.ts';

/** Models by row name, each opened when first asked for. */
export interface Scorers {
  get(name: string): Promise<PairScorer>;
  /** Closes those that are open; asked for again, they open again. */
  closeAll(): Promise<void>;
}

export function createScorers(
  models: ReadonlyMap<string, BuiltModel>,
  open: OpenScorer,
  options: ScorerOptions,
): Scorers {
  const opened = new Map<string, PairScorer>();
  return {
    async get(name) {
      const known = opened.get(name);
      const model = models.get(name);
      if (known !== undefined) {
        return known;
      }
      if (model === undefined) {
        throw new RangeError(`no model of row '${name}' was prepared; this is a bug`);
      }
      const scorer = await open(model, options);
      opened.set(name, scorer);
      return scorer;
    },
    async closeAll() {
      const scorers = [...opened.values()];
      opened.clear();
      await Promise.all(scorers.map((scorer) => scorer.close()));
    },
  };
}
