import { at } from '../../src/base/at.ts';

/** One request, as its caller measured it and as the reply describes it. */
export interface Timing {
  /** From the call to the reply. */
  readonly wallMs: number;
  readonly encodeMs: number;
  readonly queueMs: number;
  readonly runMs: number;
}

/** The same request with one and with two replicas, one right after the other. */
export interface Round {
  readonly one: Timing;
  readonly two: Timing;
}

export interface RatioFigures {
  /** Medians over the rounds. */
  readonly one: Timing;
  readonly two: Timing;
  /** Time with two replicas over half of the time with one, in each round: 1 is perfect. */
  readonly ratio: { readonly low: number; readonly median: number; readonly high: number };
}

/** Quartiles as the ratio's range: single rounds are disturbed by whatever else runs. */
export function summarize(rounds: readonly Round[]): RatioFigures {
  const ratios = rounds.map(({ one, two }) => two.wallMs / (one.wallMs / 2));
  return {
    one: medians(rounds.map(({ one }) => one)),
    two: medians(rounds.map(({ two }) => two)),
    ratio: {
      low: quantile(ratios, 0.25),
      median: quantile(ratios, 0.5),
      high: quantile(ratios, 0.75),
    },
  };
}

/** The order of a round: which number of replicas is measured first alternates. */
export function orderOf(round: number): readonly ['one', 'two'] | readonly ['two', 'one'] {
  return round % 2 === 0 ? ['one', 'two'] : ['two', 'one'];
}

function medians(timings: readonly Timing[]): Timing {
  const of = (name: keyof Timing) =>
    quantile(
      timings.map((timing) => timing[name]),
      0.5,
    );
  return {
    wallMs: of('wallMs'),
    encodeMs: of('encodeMs'),
    queueMs: of('queueMs'),
    runMs: of('runMs'),
  };
}

/** Linear between the two nearest values. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = at(sorted, Math.floor(place));
  const above = at(sorted, Math.ceil(place));
  return below + (above - below) * (place - Math.floor(place));
}
