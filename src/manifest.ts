/** What a built model says of itself: `manifest.json` beside the graph. Parsed once, trusted inside. */

export const manifestFormat = 1;

export type Family = 'llama' | 'qwen2' | 'qwen3';
export type Precision = 'fp32' | 'fp16';

/** The architecture's dimensions. */
export interface Blueprint {
  readonly family: Family;
  readonly layers: number;
  readonly width: number;
  readonly mlpWidth: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly vocabulary: number;
  readonly ropeTheta: number;
  readonly normEpsilon: number;
  /** RMS norm over each head's query and key (Qwen3). */
  readonly qkNorm: boolean;
  /** Biases on q, k and v (Qwen2). */
  readonly qkvBias: boolean;
  readonly tiedHead: boolean;
  /** Most tokens in one row: prefix, candidate and suffix. */
  readonly rowTokens: number;
}

/**
 * The prompt, three parts encoded apart and joined as token ids, so that the prefix is shared and nothing a caller
 * writes can change how the template is tokenized. `{query}`, `{instruction}`, `{context}`, `{title}`, `{text}` are
 * replaced; caller text is always encoded as plain text, the template's own text with its special tokens.
 */
export interface PromptTemplate {
  /** With {instruction}, {query} and {context}. */
  readonly prefix: string;
  /** How a context is set when there is one; contains {context}. */
  readonly context: string;
  /** How a title is set when there is one; contains {title}. Precedes the text. */
  readonly title: string;
  readonly suffix: string;
  /** Used when the request has none. */
  readonly instruction: string;
}

export interface Label {
  readonly text: string;
  readonly id: number;
}

export interface FileEntry {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface Manifest {
  readonly format: typeof manifestFormat;
  readonly name: string;
  readonly blueprint: Blueprint;
  readonly parameters: number;
  readonly precision: Precision;
  readonly template: PromptTemplate;
  readonly templateHash: string;
  readonly labels: { readonly yes: Label; readonly no: Label };
  readonly graph: FileEntry;
  readonly weights: FileEntry;
  readonly tokenizer: FileEntry;
  /** Padded candidate lengths (candidate and suffix), ascending. */
  readonly buckets: readonly number[];
  /** Attention groups in the graph: how many tile shapes one batch may have. */
  readonly attentionGroups: number;
  readonly source: {
    readonly description: string;
    readonly licence: string;
    readonly sha256: string;
  };
  /** Hash of weights, template, tokenizer, precision and recipe. */
  readonly fingerprint: string;
}
