import { at } from '../../src/base/at.ts';
import { measureFigures, type ScoredRun } from '../../src/eval/context/context-figures.ts';
import type { ContextFigures } from '../../src/eval/context/context-report.ts';
import type { Judgements } from '../../src/eval/data/beir.ts';
import { median } from '../../src/eval/measures/metrics.ts';
import type { Answer, Request } from './requests.ts';

export interface StepSpeed {
  /** Of the median round. */
  readonly candidatesPerSecond: number;
  /** Times the first step and the step before, round by round. */
  readonly ofFirst: Spread;
  readonly ofBefore: Spread;
}

export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** @param rates candidates/s of each step, of each round. */
export function describeSpeeds(rates: readonly (readonly number[])[]): readonly StepSpeed[] {
  return rates.map((own, step) => ({
    candidatesPerSecond: median(own),
    ofFirst: spreadOf(own, at(rates, 0)),
    ofBefore: spreadOf(own, at(rates, Math.max(0, step - 1))),
  }));
}

function spreadOf(own: readonly number[], base: readonly number[]): Spread {
  const ratios = own.map((rate, round) => rate / at(base, round));
  return { median: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios) };
}

/** How often the requests are ranked in a round, so that a fast step is timed for a while too. */
export function repeatsFor(secondsOnce: number, leastSeconds: number): number {
  return Math.min(100, Math.max(1, Math.ceil(leastSeconds / secondsOnce)));
}

/** The largest |difference of p(yes)| between two answers to the same request. */
export function largestDrift(own: Answer, other: Answer): number {
  const p = (margin: number) => 1 / (1 + Math.exp(-margin));
  return Math.max(...own.margins.map((margin, i) => Math.abs(p(margin) - p(at(other.margins, i)))));
}

/**
 * NDCG@10 of each step, with its change against the first one, paired by query.
 *
 * @param answers of each step, to each request.
 */
export function describeQuality(
  requests: readonly Request[],
  judgements: Judgements,
  answers: readonly (readonly Answer[])[],
): readonly ContextFigures[] {
  const run = new Map(
    requests.map(({ id, candidates }) => [id, candidates.map((each) => ({ ...each, score: 0 }))]),
  );
  const scored = answers.map((own) => asRun(requests, own));
  return scored.map((own) => measureFigures(run, judgements, own, at(scored, 0)));
}

function asRun(requests: readonly Request[], answers: readonly Answer[]): ScoredRun {
  const tokens = requests.flatMap(({ candidates }, i) =>
    candidates.map(({ id }, place) => [id, at(at(answers, i).tokens, place)] as const),
  );
  return {
    margins: new Map(requests.map(({ id }, i) => [id, at(answers, i).margins])),
    tokens: [...new Map(tokens).values()],
  };
}
