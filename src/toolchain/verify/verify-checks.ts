import type { Golden } from './golden.ts';
import type { Logits, Row } from '../../batch/score-rows.ts';

/** One line of a verification. */
export interface Check {
  readonly name: string;
  readonly passed: boolean;
  /** Largest difference found; undefined where equality is all that counts. */
  readonly largest?: number;
  readonly tolerance?: number;
  /** Of the differences. */
  readonly mean?: number;
  /** What was found, where. */
  readonly detail: string;
}

type Scores = ReadonlyMap<number, Logits>;

/** Where a row comes from, for people: `request 2, candidate 0`. */
export type Places = readonly string[];

export function probability([yes, no]: Logits): number {
  return 1 / (1 + Math.exp(no - yes));
}

/** Token ids of every row against the reference's. */
export function checkTokenIds(rows: readonly Row[], golden: Golden, places: Places): Check {
  const expected = golden.requests.flatMap(({ prefix, suffix, candidates }) =>
    candidates.map(({ ids }) => [...prefix, ...ids, ...suffix]),
  );
  const wrong = rows.flatMap(({ prefix, ids }, index) => {
    const found = [...prefix, ...ids];
    const at = findDifference(found, expected[index] ?? []);
    return at === undefined
      ? []
      : [
          `${places[index] ?? ''}, token ${at}: ${found[at] ?? 'none'}, not ${expected[index]?.[at] ?? 'none'}`,
        ];
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

/** Largest difference of either label's logit. */
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

/** Largest difference of p(yes). */
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

/** How often two candidates of one request stand in the reference's order, by p(yes). Equal ones are no pair. */
export function checkOrder(
  rows: readonly Row[],
  { found, expected }: { readonly found: Scores; readonly expected: Scores },
  least: number,
): Check {
  const margin = (scores: Scores, row: number) => {
    const [yes, no] = scores.get(row) ?? [NaN, NaN];
    return yes - no;
  };
  let [pairs, same] = [0, 0];
  rows.forEach(({ prefix }, a) => {
    for (let b = a + 1; b < rows.length && rows[b]?.prefix === prefix; b++) {
      const wanted = Math.sign(margin(expected, a) - margin(expected, b));
      pairs += Math.abs(wanted);
      same += wanted !== 0 && Math.sign(margin(found, a) - margin(found, b)) === wanted ? 1 : 0;
    }
  });
  return {
    name: 'order, reference',
    passed: same >= least * pairs,
    detail: `${same} of ${pairs} pairs in the reference's order (at least ${100 * least} %)`,
  };
}

/** Bit for bit. */
export function checkIdentical(
  name: string,
  { found, expected }: { readonly found: Scores; readonly expected: Scores },
  places: Places,
): Check {
  const wrong = [...found].filter(
    ([row, logits]) => !logits.every((logit, side) => Object.is(logit, expected.get(row)?.[side])),
  );
  const [first] = wrong;
  return {
    name,
    passed: first === undefined && found.size > 0,
    detail:
      first === undefined
        ? `${found.size} rows bit-identical`
        : `${wrong.length} of ${found.size} rows differ; ${places[first[0]] ?? ''}: ${String(first[1])}, not ${String(expected.get(first[0]))}`,
  };
}

/** Rows with different tokens that have the very same two logits: a gather gone wrong looks like this. */
export function checkDistinct(rows: readonly Row[], scores: Scores, places: Places): Check {
  const seen = new Map<string, number>();
  const clashes: string[] = [];
  for (const [index, logits] of scores) {
    const twin = seen.get(logits.join());
    if (twin !== undefined && tokens(rows[twin]) !== tokens(rows[index])) {
      clashes.push(`${places[twin] ?? ''} and ${places[index] ?? ''}`);
    }
    seen.set(logits.join(), index);
  }
  return {
    name: 'different rows, different scores',
    passed: clashes.length === 0,
    detail: clashes[0] ?? `${scores.size} rows`,
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
      where = places[row] ?? '';
    }
  }
  const mean = sum / expected.size;
  return { name, passed: largest <= tolerance, largest, tolerance, mean, detail: where };
}

function findDifference(a: readonly number[], b: readonly number[]): number | undefined {
  const length = Math.max(a.length, b.length);
  const at = Array.from({ length }, (_, i) => i).find((i) => a[i] !== b[i]);
  return at;
}

function tokens(row: Row | undefined): string {
  return row === undefined ? '' : `${row.prefix.join()},${row.ids.join()}`;
}
