import type { TokenPart } from '../../src/batch/packed-batch.ts';
import { createRandom } from '../../src/base/random.ts';

/** A request of random tokens. */
export interface Work {
  readonly name: string;
  readonly part: TokenPart;
}

/** Shapes PREFIX+COUNTxLENGTH: tokens of the prefix, number of candidates, tokens of each. */
export const standardShapes = ['40+16x32', '120+10x180', '50+50x150'] as const;

const shapePattern = /^(\d+)\+(\d+)x(\d+)$/;

/** @throws Error when the shape does not have the form PREFIX+COUNTxLENGTH. */
export function parseShape(name: string, vocabulary: number): Work {
  const [prefix = NaN, count = NaN, length = NaN] = (shapePattern.exec(name) ?? [])
    .slice(1)
    .map(Number);
  if (!(prefix >= 0 && count >= 1 && length >= 1)) {
    throw new Error(
      `the shape is '${name}'; it must be PREFIX+COUNTxLENGTH in tokens, such as ${standardShapes[0]}`,
    );
  }
  const random = createRandom(prefix * 1000 + count);
  const text = (tokens: number) =>
    Int32Array.from({ length: tokens }, () => Math.floor(random() * vocabulary));
  const suffixes = Array.from({ length: count }, () => text(length));
  return { name, part: { prefix: text(prefix), suffixes } };
}

/**
 * Splits a part into runs of at most `tokenBudget` packed tokens and of similar size, the shortest
 * candidates first. A candidate that exceeds the budget has a run of its own.
 */
export function splitRuns({ prefix, suffixes }: TokenPart, tokenBudget: number): TokenPart[] {
  const sorted = suffixes.toSorted((a, b) => a.length - b.length);
  const total = sorted.reduce((sum, suffix) => sum + suffix.length, 0);
  const room = Math.max(1, tokenBudget - prefix.length);
  const target = total / Math.ceil(total / room);
  const runs: Int32Array[][] = [];
  let filled = Infinity;
  for (const suffix of sorted) {
    // A candidate goes where its middle lies, so that runs are as close to the target as possible.
    if (filled + suffix.length > room || filled + suffix.length / 2 > target) {
      runs.push([]);
      filled = 0;
    }
    runs.at(-1)?.push(suffix);
    filled += suffix.length;
  }
  return runs.map((run) => ({ prefix, suffixes: run }));
}

/** Repeats the prefix in front of each candidate, so that nothing is shared. */
export function unshare({ prefix, suffixes }: TokenPart): TokenPart {
  return {
    prefix: new Int32Array(),
    suffixes: suffixes.map((suffix) => Int32Array.of(...prefix, ...suffix)),
  };
}

/** Splits pairs into runs within the token budget, each pair padded to the longest of all. */
export function paddedRuns(
  rows: readonly Int32Array[],
  tokenBudget: number,
): readonly (readonly Int32Array[])[] {
  const longest = Math.max(...rows.map((row) => row.length));
  const perRun = Math.max(1, Math.floor(tokenBudget / longest));
  const size = Math.ceil(rows.length / Math.ceil(rows.length / perRun));
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, run) =>
    rows.slice(run * size, (run + 1) * size),
  );
}
