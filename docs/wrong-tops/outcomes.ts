import type { RankedCandidate } from '../../src/eval/rank/rank-candidates.ts';
import { mean } from '../../src/eval/measures/metrics.ts';
import type { Case } from './read-cases.ts';

/** The result of ranking a case with a model. */
export interface Outcome {
  readonly case: Case;
  /** The best of the candidates that should be first. */
  readonly wanted: RankedCandidate;
  /** Its place, from 1. */
  readonly place: number;
  /** The best of the other candidates. */
  readonly other: RankedCandidate;
}

export interface ClassResult {
  readonly class: string;
  readonly cases: number;
  /** How many cases a random order would get right, on average. */
  readonly byChance: number;
  /** Cases in which a wanted candidate is first. */
  readonly right: number;
  /** Mean of 1 / place of the best wanted candidate. */
  readonly reciprocalRank: number;
}

/** `ranked` are the case's candidates, best first. */
export function judge(of: Case, ranked: readonly RankedCandidate[]): Outcome {
  const index = ranked.findIndex(({ id }) => of.first.includes(id));
  const wanted = ranked[index];
  const other = ranked.find(({ id }) => !of.first.includes(id));
  if (wanted === undefined || other === undefined) {
    const missing = wanted === undefined ? 'wanted' : 'other';
    throw new Error(`this is a bug: no ${missing} candidate of "${of.query}" was ranked`);
  }
  return { case: of, wanted, place: index + 1, other };
}

/** One result for each class, in order of appearance, and one for all cases at the end. */
export function summarize(outcomes: readonly Outcome[]): readonly ClassResult[] {
  const classes = new Set(outcomes.map((outcome) => outcome.case.class));
  const rows = [...classes].map((name) =>
    resultOf(
      name,
      outcomes.filter((outcome) => outcome.case.class === name),
    ),
  );
  return [...rows, resultOf('all', outcomes)];
}

function resultOf(name: string, outcomes: readonly Outcome[]): ClassResult {
  const chances = outcomes.map(({ case: of }) => of.first.length / of.candidates.length);
  return {
    class: name,
    cases: outcomes.length,
    byChance: chances.reduce((sum, chance) => sum + chance, 0),
    right: outcomes.filter(({ place }) => place === 1).length,
    reciprocalRank: mean(outcomes.map(({ place }) => 1 / place)),
  };
}
