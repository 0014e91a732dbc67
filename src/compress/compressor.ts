/** How a text is made shorter; `search` asks the ranker, the others need no model. */
export const compressionMethods = ['search', 'phrases', 'head', 'title', 'none'] as const;
export type CompressionMethod = (typeof compressionMethods)[number];

/** Half open, in code points of the original text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface CompressedText {
  readonly text: string;
  /** The parts of the original that the text consists of, in its order. */
  readonly kept: readonly Span[];
  /** Of the loaded tokenizer, once the model has normalized the text. */
  readonly tokens: number;
  /** The same of the original. */
  readonly rawTokens: number;
  /** How well the ranker's answers were kept; only of `search`. */
  readonly fidelity?: Fidelity;
}

/** Compares the ranker's answers on a shorter text with those on the original, over probes. */
export interface Fidelity {
  /** -KL(p(yes | shorter) || p(yes | original)) - w (tokens / original tokens)^2 */
  readonly reward: number;
  /** Mean absolute difference of p(yes), on probes that did not choose the text. */
  readonly dp: number;
}

/** A text to be compressed. Its title is never part of the result and is not read. */
export interface SourceText {
  readonly title?: string;
  readonly text: string;
}

export interface Compressor {
  readonly method: CompressionMethod;
  /** A hash of everything that decides the result: equal versions give equal texts. */
  readonly version: string;
  compress(source: SourceText, signal?: AbortSignal): Promise<CompressedText>;
}

/** One text and the queries that are asked about it, behind one shared prefix. */
export interface ProbeGroup {
  readonly source: SourceText;
  readonly queries: readonly string[];
}

/** The margins logit(yes) - logit(no) of each group. [queries] */
export type ScoreGroups = (
  groups: readonly ProbeGroup[],
  signal?: AbortSignal,
) => Promise<readonly Float64Array[]>;

/** Counts tokens as the ranker reads a candidate's text. */
export interface TokenCounter {
  /** SHA-256 of the tokenizer's file, and how it normalizes: part of every version. */
  readonly id: string;
  count(text: string): number;
}

/** Most tokens of the compressed text. */
export interface Budget {
  /** Beside a title, which carries most of the ranking. */
  readonly titled: number;
  readonly untitled: number;
}

export const defaultBudget: Budget = { titled: 12, untitled: 20 };
