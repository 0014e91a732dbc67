import type { Interval } from '../measures/bootstrap.ts';
import type { Machine } from '../measures/machine.ts';
import type { Variant } from '../report/input/views.ts';

/** Tokens of a candidate that the model reads, over the distinct candidates. */
export interface TokenSpread {
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
}

/** What one way to shorten candidates costs in quality. Margins are logit(yes) - logit(no). */
export interface ContextFigures {
  readonly tokens: TokenSpread;
  /** Mean tokens of the raw candidates divided by those of the shortened ones. */
  readonly reduction: number;
  readonly ndcg10: Interval;
  /** Relative change of NDCG@10 against raw candidates, paired by query. */
  readonly change: Interval;
  /** Kendall's tau-b between the orders of shortened and raw candidates, mean over queries. */
  readonly tau: number;
  /** |p(yes | shortened) - p(yes | raw)| over all pairs. */
  readonly dp: { readonly mean: number; readonly p99: number };
  /** Share of the queries whose first candidate stays the same. */
  readonly firstKept: number;
}

export interface ContextSpeed {
  /** Of the median round. */
  readonly candidatesPerSecond: number;
  /** Against raw candidates, round by round. */
  readonly ratio: { readonly median: number; readonly low: number; readonly high: number };
}

export interface ContextRowReport {
  readonly name: string;
  /** One line of the chart. */
  readonly method: string;
  /** Most tokens of the text; undefined for raw candidates. */
  readonly budget: number | undefined;
  /** The compressor's version; undefined for raw candidates. */
  readonly version: string | undefined;
  /** Postings compressed per second of work; undefined where nothing is compressed. */
  readonly postingsPerSecond: number | undefined;
  readonly figures: ContextFigures;
  /** Relative change of NDCG@10 against the first search of the same budget, paired by query. */
  readonly againstSearch: Interval | undefined;
  readonly speed: ContextSpeed | undefined;
}

/** A posting as every row shows it to the model. */
export interface Sample {
  readonly id: string;
  readonly title: string;
  readonly raw: string;
  /** Of the rows with texts of their own, titles hidden. */
  readonly shortened: readonly {
    readonly method: string;
    readonly budget: number;
    readonly text: string;
  }[];
}

/** The result of `slmrank report context`; context.json has the same shape. */
export interface ContextReport {
  readonly machine: Machine;
  readonly data: {
    readonly name: string;
    readonly split: string;
    readonly queries: number;
    readonly candidates: number;
    readonly pairs: number;
  };
  readonly model: { readonly name: string; readonly fingerprint: string };
  readonly devices: string;
  readonly speedRounds: number;
  /** Raw candidates first. */
  readonly variants: Readonly<Record<Variant, readonly ContextRowReport[]>>;
  readonly samples: readonly Sample[];
}
