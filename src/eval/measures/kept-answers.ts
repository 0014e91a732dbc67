import { at } from '../../base/at.ts';
import { divergence, probabilityShift } from '../../compress/search/fidelity.ts';

/** How far a ranker's answers on shortened texts are from those on the originals. */
export interface KeptAnswers {
  /** Mean KL(p(yes | shorter) || p(yes | original)). */
  readonly kl: number;
  /** Mean absolute difference of p(yes). */
  readonly dp: number;
  /** The same of the texts: nine in ten have less. */
  readonly dpAtP90: number;
  /** Mean over the common queries of Kendall's tau between both orders of the texts. */
  readonly tau: number;
}

/**
 * Compares answers on texts, as margins logit(yes) - logit(no). [texts][queries]. The last `common`
 * queries are the same for all texts, and order them.
 */
export function compareAnswers(
  shorter: readonly Float64Array[],
  original: readonly Float64Array[],
  common: number,
): KeptAnswers {
  const shifts = shorter.map((margins, i) => probabilityShift(margins, at(original, i)));
  const sorted = shifts.toSorted((a, b) => a - b);
  const taus = Array.from({ length: common }, (_, query) => {
    const column = (answers: readonly Float64Array[]) =>
      answers.map((margins) => at(margins, margins.length - common + query));
    return kendallTau(column(shorter), column(original));
  });
  return {
    kl: mean(shorter.map((margins, i) => divergence(margins, at(original, i)))),
    dp: mean(shifts),
    dpAtP90: at(sorted, Math.min(sorted.length - 1, Math.floor(0.9 * sorted.length))),
    tau: mean(taus),
  };
}

/** Kendall's tau-a of two lists of scores: 1 for the same order, -1 for the reverse. */
export function kendallTau(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < i; j++) {
      sum += Math.sign((at(a, i) - at(a, j)) * (at(b, i) - at(b, j)));
    }
  }
  return sum / Math.max(1, (a.length * (a.length - 1)) / 2);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
