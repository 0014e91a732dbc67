import { at } from '../../base/at.ts';

/** A candidate's margin, logit(yes) - logit(no), for its compressed text and for its raw text. */
export interface MarginPair {
  readonly compressed: number;
  readonly raw: number;
}

/** How far the order of compressed candidates is from that of raw ones. */
export interface OrderDrift {
  /** Mean of |p(yes | compressed) - p(yes | raw)|. */
  readonly dp: number;
  /** Whether the first place is the same. */
  readonly keepsFirst: boolean;
  /** NDCG@10 of the compressed order where p(yes | raw) is the gain: 1 for the raw order. */
  readonly ndcg10: number;
}

const depth = 10;

/** Compares the two orders of one request's candidates. `pairs` must not be empty. */
export function compareOrders(pairs: readonly MarginPair[]): OrderDrift {
  const own = placesBy(pairs, ({ compressed }) => compressed);
  const ideal = placesBy(pairs, ({ raw }) => raw);
  const gained = (places: readonly number[]) =>
    places
      .slice(0, depth)
      .reduce((sum, place, i) => sum + probability(at(pairs, place).raw) / Math.log2(i + 2), 0);
  const drift = pairs.reduce(
    (sum, { compressed, raw }) => sum + Math.abs(probability(compressed) - probability(raw)),
    0,
  );
  const best = gained(ideal);
  return {
    dp: drift / pairs.length,
    keepsFirst: own[0] === ideal[0],
    ndcg10: best === 0 ? 1 : gained(own) / best,
  };
}

function placesBy(
  pairs: readonly MarginPair[],
  marginOf: (pair: MarginPair) => number,
): readonly number[] {
  const margins = pairs.map(marginOf);
  return [...margins.keys()].sort((a, b) => at(margins, b) - at(margins, a) || a - b);
}

function probability(margin: number): number {
  return 1 / (1 + Math.exp(-margin));
}
