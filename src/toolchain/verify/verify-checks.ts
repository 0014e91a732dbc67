import type { Golden } from './golden.ts';
import { at } from '../../base/at.ts';
import type { Logits, Row } from '../../batch/pack/score-rows.ts';

/** The outcome of one check, a line of the report. */
export interface Check {
  readonly name: string;
  readonly passed: boolean;
  /** Largest difference found; undefined for checks of equality. */
  readonly largest?: number;
  readonly tolerance?: number;
  /** Mean of the differences. */
  readonly mean?: number;
  /** The finding, and the row that it concerns. */
  readonly detail: string;
}

/** Logits by row index. */
type Scores = ReadonlyMap<number, Logits>;

/** The origin of each row, for messages: `request 2, candidate 0`. */
export type Places = readonly string[];

export function probability([yes, no]: Logits): number {
  return 1 / (1 + Math.exp(no - yes));
}

/** Compares the token ids of every row with the reference's. */
export function checkTokenIds(rows: readonly Row[], golden: Golden, places: Places): Check {
  const expected = golden.requests.flatMap(({ prefix, suffix, candidates }) =>
    candidates.map(({ ids }) => [...prefix, ...ids, ...suffix]),
  );
  const wrong = rows.flatMap(({ prefix, ids }, row) => {
    const difference = describeDifference([...prefix, ...ids], expected[row]);
    return difference === undefined ? [] : [`${at(places, row)}, ${difference}`];
  });
  const [first] = wrong;
  return {
    name: 'token ids',
    passed: first === undefined && rows.length === expected.length,
    detail:
      first === undefined
        ? `${rows.length} rows equal`
        : `${wrong.length} of ${rows.length} rows differ; ${first}`,
  };
}

/** Compares the logits of both labels; the larger difference counts. */
export function checkLogits(
  name: string,
  pair: { readonly found: Scores; readonly expected: Scores },
  places: Places,
  tolerance: number,
): Check {
  return checkDifference({ name, places, tolerance }, pair, (found, expected) =>
    Math.max(Math.abs(found[0] - expected[0]), Math.abs(found[1] - expected[1])),
  );
}

/** Compares p(yes). */
export function checkProbabilities(
  name: string,
  pair: { readonly found: Scores; readonly expected: Scores },
  places: Places,
  tolerance: number,
): Check {
  return checkDifference({ name, places, tolerance }, pair, (found, expected) =>
    Math.abs(probability(found) - probability(expected)),
  );
}

/**
 * Counts the pairs of candidates of one request that p(yes) orders as the reference does. Pairs
 * that the reference scores equally do not count. `minShare` of the pairs must have the same order.
 */
export function checkOrder(
  rows: readonly Row[],
  { found, expected }: { readonly found: Scores; readonly expected: Scores },
  minShare: number,
): Check {
  const margin = (scores: Scores, row: number) => {
    const [yes, no] = scores.get(row) ?? [NaN, NaN];
    return yes - no;
  };
  let [pairs, same] = [0, 0];
  rows.forEach(({ prefix }, a) => {
    for (let b = a + 1; b < rows.length && rows[b]?.prefix === prefix; b++) {
      const order = Math.sign(margin(expected, a) - margin(expected, b));
      pairs += Math.abs(order);
      same += order !== 0 && Math.sign(margin(found, a) - margin(found, b)) === order ? 1 : 0;
    }
  });
  return {
    name: 'order, reference',
    passed: same >= minShare * pairs,
    detail: `${same} of ${pairs} pairs in the reference's order (at least ${100 * minShare} %)`,
  };
}

/** Requires the same bits; passes only if there are rows to compare. */
export function checkIdentical(
  name: string,
  { found, expected }: { readonly found: Scores; readonly expected: Scores },
  places: Places,
): Check {
  const wrong = [...found].filter(
    ([row, logits]) => !logits.every((logit, side) => Object.is(logit, expected.get(row)?.[side])),
  );
  const [first] = wrong;
  if (first === undefined) {
    return { name, passed: found.size > 0, detail: `${found.size} rows bit-identical` };
  }
  const [row, logits] = first;
  return {
    name,
    passed: false,
    detail:
      `${wrong.length} of ${found.size} rows differ; ${at(places, row)}: ` +
      `${String(logits)}, not ${String(expected.get(row))}`,
  };
}

/** Fails if rows with different tokens have the same two logits, as a wrong gather would cause. */
export function checkDistinct(rows: readonly Row[], scores: Scores, places: Places): Check {
  const rowByLogits = new Map<string, number>();
  const clashes: string[] = [];
  for (const [row, logits] of scores) {
    const twin = rowByLogits.get(logits.join());
    if (twin !== undefined && tokensOf(at(rows, twin)) !== tokensOf(at(rows, row))) {
      clashes.push(`${at(places, twin)} and ${at(places, row)}`);
    }
    rowByLogits.set(logits.join(), row);
  }
  const [first] = clashes;
  return {
    name: 'different rows, different scores',
    passed: first === undefined,
    detail: first ?? `${scores.size} rows`,
  };
}

function checkDifference(
  { name, places, tolerance }: { name: string; places: Places; tolerance: number },
  { found, expected }: { readonly found: Scores; readonly expected: Scores },
  difference: (found: Logits, expected: Logits) => number,
): Check {
  let [largest, sum] = [0, 0];
  let where = 'no difference';
  for (const [row, logits] of expected) {
    const value = difference(found.get(row) ?? [NaN, NaN], logits);
    sum += value;
    if (!(value <= largest)) {
      largest = Number.isNaN(value) ? Infinity : value;
      where = at(places, row);
    }
  }
  const mean = sum / expected.size;
  return { name, passed: largest <= tolerance, largest, tolerance, mean, detail: where };
}

/** The first token that differs; undefined when all are equal. */
function describeDifference(
  found: readonly number[],
  expected: readonly number[] = [],
): string | undefined {
  for (let i = 0; i < Math.max(found.length, expected.length); i++) {
    const [id, wanted] = [found[i], expected[i]];
    if (id !== wanted) {
      return `token ${i}: ${id ?? 'none'}, not ${wanted ?? 'none'}`;
    }
  }
  return undefined;
}

function tokensOf({ prefix, ids }: Row): string {
  return `${prefix.join()},${ids.join()}`;
}
