import { at } from '../base/at.ts';

/**
 * Offers the start of a run that covers the items from `start` up to `end`, with the run's cost.
 */
export type OfferRun = (start: number, cost: number) => void;

/**
 * Divides `count` items in a row into at most `maxRuns` runs of least total cost, exactly: a
 * dynamic programme over the ends. Of equally cheap divisions, the one with fewer runs is taken,
 * then the one whose start was offered first.
 *
 * `offerRuns` must offer every start of a run that ends before item `end`.
 *
 * @returns the runs' ends, ascending; the last is `count`.
 */
export function cheapestRuns(
  count: number,
  maxRuns: number,
  offerRuns: (end: number, offer: OfferRun) => void,
): number[] {
  let costs = new Float64Array(count + 1).fill(Number.POSITIVE_INFINITY);
  costs[0] = 0;
  /** For each number of runs, where the last run starts; -1 if fewer runs are as cheap. */
  const starts: Int32Array[] = [];
  for (let run = 0; run < Math.min(maxRuns, count); run++) {
    const next = costs.slice();
    const from = new Int32Array(count + 1).fill(-1);
    for (let end = 1; end <= count; end++) {
      let least = costAt(next, end);
      offerRuns(end, (start, runCost) => {
        const cost = costAt(costs, start) + runCost;
        if (cost < least) {
          least = cost;
          from[end] = start;
        }
      });
      next[end] = least;
    }
    costs = next;
    starts.push(from);
  }
  return readEnds(starts, count);
}

/** As `at`, which would make an object of each cost: it is called with lists of all kinds. */
function costAt(costs: Float64Array, index: number): number {
  const cost = costs[index];
  if (cost === undefined) {
    throw new Error(`this is a bug: index ${index} of ${costs.length}`);
  }
  return cost;
}

function readEnds(starts: readonly Int32Array[], count: number): number[] {
  const ends: number[] = [];
  let end = count;
  for (const from of starts.toReversed()) {
    const start = at(from, end);
    if (end > 0 && start >= 0) {
      ends.push(end);
      end = start;
    }
  }
  return ends.reverse();
}
