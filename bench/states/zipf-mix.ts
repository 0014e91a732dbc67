import { at } from '../../src/base/at.ts';
import { createRandom } from '../../src/base/random.ts';
import { mean } from '../../src/eval/measures/metrics.ts';

/** What a store that keeps the candidates used last finds of the candidates of requests. */
export interface ZipfMix {
  /** Candidates that the store holds, as a share of all there are. */
  readonly keptShare: number;
  readonly hitRate: number;
  /** Hits of requests that stand for all: evenly spaced among all requests by their hits. */
  readonly hits: readonly number[];
}

const catalogue = 20_000;
const warmUpDraws = 20_000;
const simulated = 200;

/**
 * Draws candidates with the probabilities of Zipf's law (exponent 1, 20,000 candidates) and finds
 * the store's size that finds about this share of them.
 */
export function zipfMix(hitRate: number, requests: number, candidates: number): ZipfMix {
  let least = 1;
  let most = catalogue;
  while (least < most) {
    const middle = (least + most) >> 1;
    if (mean(countHits(middle, candidates)) < hitRate * candidates) {
      least = middle + 1;
    } else {
      most = middle;
    }
  }
  const all = countHits(least, candidates).sort((a, b) => a - b);
  const hits = Array.from({ length: requests }, (_, i) =>
    at(all, Math.floor(((i + 0.5) * all.length) / requests)),
  );
  return { hits, hitRate: mean(all) / candidates, keptShare: least / catalogue };
}

/** The hits of each of many requests, once the store is full. */
function countHits(kept: number, candidates: number): number[] {
  const draw = zipfDraws(catalogue, 11);
  const store = new Set<number>();
  const use = (candidate: number) => {
    const isKept = store.delete(candidate);
    store.add(candidate);
    const [oldest] = store;
    if (store.size > kept && oldest !== undefined) {
      store.delete(oldest);
    }
    return isKept ? 1 : 0;
  };
  for (let candidate = catalogue - 1; candidate >= 0; candidate--) {
    use(candidate);
  }
  for (let i = 0; i < warmUpDraws; i++) {
    use(draw());
  }
  return Array.from({ length: simulated }, () => {
    let hits = 0;
    for (let i = 0; i < candidates; i++) {
      hits += use(draw());
    }
    return hits;
  });
}

/** Draws 0 to count - 1: the candidate r has a probability proportional to 1 / (r + 1). */
export function zipfDraws(count: number, seed: number): () => number {
  const random = createRandom(seed);
  const sums = new Float64Array(count);
  let sum = 0;
  for (let rank = 0; rank < count; rank++) {
    sum += 1 / (rank + 1);
    sums[rank] = sum;
  }
  return () => {
    const target = random() * sum;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (at(sums, middle) < target) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  };
}
