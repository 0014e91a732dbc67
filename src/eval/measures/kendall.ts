import { at } from '../../base/at.ts';

/**
 * Kendall's tau-b of two lists of scores for the same texts (Kendall 1945): 1 for the same order,
 * -1 for the reverse one, with a correction for ties. 0 when one of the lists has a single value.
 */
export function kendallTau(a: readonly number[], b: readonly number[]): number {
  let balance = 0;
  let orderedInA = 0;
  let orderedInB = 0;
  for (let i = 0; i < a.length; i += 1) {
    for (let j = 0; j < i; j += 1) {
      const signA = Math.sign(at(a, i) - at(a, j));
      const signB = Math.sign(at(b, i) - at(b, j));
      balance += signA * signB;
      orderedInA += Math.abs(signA);
      orderedInB += Math.abs(signB);
    }
  }
  const scale = Math.sqrt(orderedInA * orderedInB);
  return scale === 0 ? 0 : balance / scale;
}
