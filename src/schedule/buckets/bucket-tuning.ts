import type { EncodedRequest } from '../../batch/packed-batch.ts';
import { findBucket } from './bucket.ts';

/**
 * Buckets fitted to the lengths that are seen. A bucket only says which candidates go well together; the tiles of each
 * batch get the shapes that fit its real lengths (ladder.ts). So a better ladder saves the padding of large batches,
 * a few per cent of attention, and nothing of the linear layers.
 */

/** Lengths are counted in steps of so many tokens: edges are multiples of it. */
const step = 8;

/** How often each length is seen, and behind what prefix. */
export interface LengthMix {
  /** Weight of the lengths up to each multiple of `step`, from one step to the longest there may be. */
  readonly weights: Float64Array;
  /** Tokens of a mean prefix. */
  readonly prefixTokens: number;
}

export interface Ladder {
  /** Padded lengths, ascending. */
  readonly buckets: readonly number[];
  /** Share of attention slots that would be padding, were each candidate padded to its bucket: an upper bound. */
  readonly waste: number;
}

/**
 * At most `most` ascending buckets with the least expected slots for this mix, exactly (dynamic programme over the
 * lengths seen); the last is the longest there may be.
 */
export function fitLadder({ weights, prefixTokens }: LengthMix, most: number): readonly number[] {
  const last = weights.length - 1;
  const seen = [...weights.keys()].filter((bin) => bin === last || (weights[bin] ?? 0) > 0);
  const count = seen.length;
  const upTo = new Float64Array(count + 1);
  seen.forEach((bin, i) => {
    upTo[i + 1] = (upTo[i] ?? 0) + (weights[bin] ?? 0);
  });
  const edge = (end: number) => ((seen[end - 1] ?? 0) + 1) * step;
  const costOf = (start: number, end: number) =>
    ((upTo[end] ?? 0) - (upTo[start] ?? 0)) * slots(edge(end), prefixTokens);
  const cuts = cheapestCuts(count, Math.min(most, count), costOf);
  return cuts.map(edge);
}

/** Ends of the at most `most` runs that cover 0 to `count` at the least cost. */
function cheapestCuts(
  count: number,
  most: number,
  costOf: (start: number, end: number) => number,
): number[] {
  let costs = new Float64Array(count + 1).fill(Number.POSITIVE_INFINITY);
  costs[0] = 0;
  const starts: Int32Array[] = [];
  for (let run = 0; run < most; run++) {
    const next = costs.slice();
    const from = new Int32Array(count + 1).fill(-1);
    for (let end = 1; end <= count; end++) {
      for (let start = 0; start < end; start++) {
        const cost = (costs[start] ?? 0) + costOf(start, end);
        if (cost < (next[end] ?? 0)) {
          next[end] = cost;
          from[end] = start;
        }
      }
    }
    costs = next;
    starts.push(from);
  }
  return readEnds(starts, count);
}

/** A start of -1 means one run fewer did as well. */
function readEnds(starts: readonly Int32Array[], count: number): number[] {
  const ends: number[] = [];
  let end = count;
  for (const from of starts.toReversed()) {
    const start = from[end] ?? -1;
    if (end > 0 && start >= 0) {
      ends.push(end);
      end = start;
    }
  }
  return ends.reverse();
}

export function ladderWaste(
  { weights, prefixTokens }: LengthMix,
  buckets: readonly number[],
): number {
  let real = 0;
  let padded = 0;
  weights.forEach((weight, bin) => {
    const length = (bin + 1) * step;
    real += weight * slots(length, prefixTokens);
    padded += weight * slots(findBucket(buckets, length), prefixTokens);
  });
  return padded === 0 ? 0 : 1 - real / padded;
}

/** Rows times keys of one candidate's tile: its own rows, over the prefix's keys and its own. */
function slots(length: number, prefixTokens: number): number {
  return length * (prefixTokens + length);
}

export interface TuningLimits {
  readonly mode: 'apply' | 'propose' | 'off';
  /** The ladder to begin with; a fitted one reaches as far. */
  readonly buckets: readonly number[];
  /**
   * Most buckets of a fitted ladder. Few more than the tile shapes of one batch: a batch takes in no more buckets than
   * those, so that with 14 narrow ones small requests filled 59 batches of 8,192 tokens that could have been 24, and
   * with 6 it was 25 (npm run bench:buckets).
   */
  readonly most: number;
  /** Candidates between one proposal and the next. */
  readonly period?: number;
  /** Told of each new proposal, with the ladder in use before it. */
  readonly onProposal?: (proposed: Ladder, current: Ladder) => void;
}

/** About the last two periods count. */
const decay = 0.5;
/** A new ladder is applied when it saves at least this share: no moving about for nothing. */
const leastGain = 0.01;

/** Watches lengths; proposes a ladder after each period, and uses it for requests to come if it may. */
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
    this.#weights = new Float64Array(Math.ceil((limits.buckets.at(-1) ?? 0) / step));
    this.#untilProposal = this.#limits.period;
  }

  /** The ladder in use, with its waste on the mix of the last proposal. */
  get current(): Ladder {
    return { buckets: this.#current, waste: this.#waste };
  }

  /** Undefined before the first period is over. */
  get proposed(): Ladder | undefined {
    return this.#proposed;
  }

  observe({ prefix, candidates }: EncodedRequest): void {
    if (this.#limits.mode === 'off') {
      return;
    }
    for (const { ids } of candidates) {
      const bin = Math.min(Math.ceil(ids.length / step), this.#weights.length) - 1;
      this.#weights[bin] = (this.#weights[bin] ?? 0) + 1;
    }
    const share = Math.min(1, candidates.length / this.#limits.period);
    this.#prefixTokens +=
      (this.#prefixTokens === 0 ? 1 : share) * (prefix.length - this.#prefixTokens);
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
    if (mode === 'apply' && this.#waste - proposed.waste >= leastGain) {
      this.#current = proposed.buckets;
      this.#waste = proposed.waste;
    }
    this.#untilProposal = period;
    this.#weights.forEach((weight, bin) => {
      this.#weights[bin] = weight * decay;
    });
  }
}
