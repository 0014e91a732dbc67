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

/** Makes a candidate's text short. Equal method and version give equal results. */
export interface Compressor {
  readonly method: string;
  readonly version: string;
  /** @throws whatever stops it; the signal ends it early. */
  compress(source: SourceText, signal?: AbortSignal): Promise<CompressedText>;
}
