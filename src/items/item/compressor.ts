/** Half open, in code points of the original text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface SourceText {
  readonly title?: string;
  readonly text: string;
}

export interface CompressedText {
  readonly text: string;
  /** The parts of the source's text that were kept, in its order. */
  readonly kept: readonly Span[];
  /** Tokens of the compressed text, and of the source's. */
  readonly tokens: number;
  readonly rawTokens: number;
}

/** The token ids of an item as a candidate: its title and its summary, or its text without one. */
export interface EncodedItem {
  /** Hash of template, tokenizer and normalizer, whose ids these are. */
  readonly encoding: string;
  /** Empty for a candidate too long to be known by its ids. */
  readonly ids: Int32Array;
}

/** A compressed text, and the token ids of title and text if the maker knows them. */
export interface CompressedItem extends CompressedText {
  readonly encoded?: EncodedItem;
}

/** Makes a candidate's text short. Equal method and version give equal results. */
export interface Compressor {
  readonly method: string;
  readonly version: string;
  /** @throws whatever stops it; the signal ends it early. */
  compress(source: SourceText, signal?: AbortSignal): Promise<CompressedItem>;
}
