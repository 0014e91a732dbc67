/**
 * Buckets fitted to the lengths that requests have. A bucket only decides which candidates share a
 * batch; the batch's tile shapes fit its real lengths (batch/tile-groups.ts). Better buckets
 * therefore save padding in large batches: a few per cent of the attention, and nothing else.
 */

import { at } from '../../base/at.ts';
import { cheapestRuns } from '../../batch/cheapest-runs.ts';
import { type EncodedRequest, segmentsOf } from '../../batch/packed-batch.ts';
import { segmentCost } from '../../batch/segment.ts';

/** Lengths are counted in bins of this many tokens, so buckets are multiples of it. */
const binTokens = 8;

/** How often each length occurs, and behind which prefix. */
export interface LengthMix {
  /** Weights of the lengths up to each multiple of `binTokens`; the last is the longest allowed. */
  readonly weights: Float64Array;
  /** Mean length of a prefix. */
  readonly prefixTokens: number;
}

export interface Ladder {
  /** Padded lengths, ascending. */
  readonly buckets: readonly number[];
  /** The share of attention slots that is padding if each candidate is padded to its bucket. */
  readonly waste: number;
}

/** The padded length that a candidate of this length counts as: its own beyond the last bucket. */
export function findBucket(buckets: readonly number[], length: number): number {
  return buckets.find((bucket) => length <= bucket) ?? length;
}

/**
 * At most `maxBuckets` ascending buckets with the fewest expected slots for this mix. The last is
 * the longest length allowed.
 */
export function fitLadder(
  { weights, prefixTokens }: LengthMix,
  maxBuckets: number,
): readonly number[] {
  const last = weights.length - 1;
  const seen = [...weights.keys()].filter((bin) => bin === last || at(weights, bin) > 0);
  const weightBefore = [0];
  for (const bin of seen) {
    weightBefore.push(at(weightBefore, weightBefore.length - 1) + at(weights, bin));
  }
  const bucketAt = (end: number) => (at(seen, end - 1) + 1) * binTokens;
  const ends = cheapestRuns(seen.length, maxBuckets, (end, offer) => {
    const slots = slotsOf(bucketAt(end), prefixTokens);
    for (let start = 0; start < end; start++) {
      offer(start, (at(weightBefore, end) - at(weightBefore, start)) * slots);
    }
  });
  return ends.map(bucketAt);
}

export function ladderWaste(
  { weights, prefixTokens }: LengthMix,
  buckets: readonly number[],
): number {
  let real = 0;
  let padded = 0;
  weights.forEach((weight, bin) => {
    const length = (bin + 1) * binTokens;
    real += weight * slotsOf(length, prefixTokens);
    padded += weight * slotsOf(findBucket(buckets, length), prefixTokens);
  });
  return padded === 0 ? 0 : 1 - real / padded;
}

/** Slots of one candidate's tile: its rows, times the keys of the prefix and its own. */
function slotsOf(length: number, prefixTokens: number): number {
  return length * (prefixTokens + length);
}

export interface TuningLimits {
  readonly mode: 'apply' | 'propose' | 'off';
  /** The buckets to begin with. Fitted ones have the same longest length. */
  readonly buckets: readonly number[];
  /**
   * Most buckets of a fitted ladder. Should be few more than the tile shapes of one batch, because
   * a batch takes candidates of no more buckets than those: with 14 narrow buckets, small requests
   * filled 59 batches of 8,192 tokens, with 6 they filled 25, and 24 would have been enough (npm
   * run bench:buckets).
   */
  readonly most: number;
  /** Candidates between two proposals. */
  readonly period?: number;
  /** Called with each new proposal and the ladder in use before it. */
  readonly onProposal?: (proposed: Ladder, current: Ladder) => void;
}

/** Factor on all weights after each period, so that about the last two periods count. */
const periodDecay = 0.5;
/** A new ladder is applied only if it reduces the waste by at least this. */
const minGain = 0.01;

/** Counts lengths and proposes a ladder after each period; in mode `apply`, also uses it. */
export class BucketTuner {
  readonly #limits: TuningLimits & { readonly period: number };
  readonly #weights: Float64Array;
  #prefixTokens = 0;
  #current: readonly number[];
  #proposed: Ladder | undefined;
  #waste = 0;
  #untilProposal: number;

  constructor(limits: TuningLimits) {
    this.#limits = { period: 20_000, ...limits };
    this.#current = limits.buckets;
    this.#weights = new Float64Array(Math.ceil((limits.buckets.at(-1) ?? 0) / binTokens));
    this.#untilProposal = this.#limits.period;
  }

  /** The ladder in use, with its waste on the mix of the last proposal. */
  get current(): Ladder {
    return { buckets: this.#current, waste: this.#waste };
  }

  /** Undefined before the end of the first period. */
  get proposed(): Ladder | undefined {
    return this.#proposed;
  }

  observe(encoded: EncodedRequest): void {
    if (this.#limits.mode === 'off') {
      return;
    }
    const { prefix, candidates } = encoded;
    for (const suffix of segmentsOf(encoded).suffixes) {
      const length = segmentCost(suffix);
      const bin = Math.min(Math.ceil(length / binTokens), this.#weights.length) - 1;
      this.#weights[bin] = at(this.#weights, bin) + 1;
    }
    const weight =
      this.#prefixTokens === 0 ? 1 : Math.min(1, candidates.length / this.#limits.period);
    this.#prefixTokens += weight * (prefix.length - this.#prefixTokens);
    this.#untilProposal -= candidates.length;
    if (this.#untilProposal <= 0) {
      this.#propose();
    }
  }

  #propose(): void {
    const { mode, most, period } = this.#limits;
    const mix = { weights: this.#weights, prefixTokens: this.#prefixTokens };
    const fitted = fitLadder(mix, most);
    const proposed = { buckets: fitted, waste: ladderWaste(mix, fitted) };
    this.#proposed = proposed;
    this.#waste = ladderWaste(mix, this.#current);
    this.#limits.onProposal?.(proposed, this.current);
    if (mode === 'apply' && this.#waste - proposed.waste >= minGain) {
      this.#current = proposed.buckets;
      this.#waste = proposed.waste;
    }
    this.#untilProposal = period;
    this.#weights.forEach((weight, bin) => {
      this.#weights[bin] = weight * periodDecay;
    });
  }
}
