/** The packed batch and what runs it: declared here, implemented by the pool. */

/** A request as token ids, ready to be packed. */
export interface EncodedRequest {
  /**
   * Tokens shared by all candidates: instruction, query, context and the template around them; with a candidate-first
   * template the instruction alone.
   */
  readonly prefix: Int32Array;
  readonly candidates: readonly EncodedCandidate[];
}

export interface EncodedCandidate {
  /** The candidate's kept tokens followed by the request's suffix, the same for all. Never empty. */
  readonly ids: Int32Array;
  /** Kept tokens of title and text, without the suffix. */
  readonly tokens: number;
  readonly truncated: boolean;
}

/** Candidates of one request that share a batch. Their order is the order of the batch's logits. */
export interface BatchPart {
  readonly prefix: Int32Array;
  readonly suffixes: readonly Int32Array[];
}

/** Tiles of one padded shape. B tiles of S rows and K keys; at least one tile (a 1 x 1 dummy when unused). */
export interface AttentionGroup {
  readonly tiles: number;
  readonly rows: number;
  readonly keys: number;
  /** Packed token of each row. [B, S] */
  readonly rowIndex: Int32Array;
  /** Packed token of each key. [B, K] */
  readonly keyIndex: Int32Array;
  /** Place of each row in its segment's sequence; a row sees keys of at most its own place. [B, S] */
  readonly rowPlace: Float32Array;
  /** Place of each key; padding is beyond every row. [B, K] */
  readonly keyPlace: Float32Array;
  /** Packed token of the tile's last real row, and its place: all the last block computes. [B], [B] */
  readonly lastIndex: Int32Array;
  readonly lastPlace: Float32Array;
}

/** One run of the graph. Buffers belong to whoever holds the batch; running it transfers them. */
export interface PackedBatch {
  /** [T] */
  readonly ids: Int32Array;
  /** Rotary positions; restart after the prefix for each candidate. [T] */
  readonly positions: BigInt64Array;
  readonly groups: readonly AttentionGroup[];
  /** Where each packed token's attention output stands among all tiles' rows, groups one after the other. [T] */
  readonly untile: Int32Array;
  /** Where each candidate's last token stands among all tiles, groups one after the other. [N] */
  readonly scored: Int32Array;
}

export type BatchOutcome =
  | {
      readonly ok: true;
      /** yes and no logits of each candidate. [N, 2] */
      readonly logits: Float32Array;
      readonly runMs: number;
    }
  | {
      readonly ok: false;
      /** `out-of-memory`: the batch was too large for the replica, which lives on; a smaller one may do. */
      readonly kind: 'replica-failed' | 'out-of-memory' | 'internal';
      readonly message: string;
    };

/** A replica as the scheduler sees it. */
export interface BatchRunner {
  /** The device slot's name. */
  readonly name: string;
  /** Resolves always; a crash of the replica is an outcome. */
  run(batch: PackedBatch): Promise<BatchOutcome>;
}
