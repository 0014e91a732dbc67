/** The packed batch, and the interface of its runner, which the pool implements. */

import { type Segment, tokenSegment } from './segment.ts';

/**
 * A request as token ids. It crosses from an encoder's thread by structured clone and therefore
 * holds plain arrays: a segment object for each candidate would cost more to clone than its ids.
 */
export interface EncodedRequest {
  /**
   * Tokens shared by all candidates: instruction, query, context and the template's text around
   * them. With a candidate-first template, the instruction only.
   */
  readonly prefix: Int32Array;
  readonly candidates: readonly EncodedCandidate[];
}

export interface EncodedCandidate {
  /**
   * The candidate's kept tokens followed by the suffix, which all candidates share. Never empty.
   */
  readonly ids: Int32Array;
  /** Kept tokens of title and text, without the suffix. */
  readonly tokens: number;
  readonly truncated: boolean;
}

/** Candidates of one request that share a batch, in the order of the batch's logits. */
export interface BatchPart {
  readonly prefix: Segment;
  /** Each is a candidate followed by the template's suffix. */
  readonly suffixes: readonly Segment[];
}

/** A part whose segments are all token ids, as plain arrays. */
export interface TokenPart {
  readonly prefix: Int32Array;
  readonly suffixes: readonly Int32Array[];
}

export function tokenPart({ prefix, suffixes }: TokenPart): BatchPart {
  return { prefix: tokenSegment(prefix), suffixes: suffixes.map(tokenSegment) };
}

/** The padded shape of a group: B tiles of S rows and K keys; at least one tile. */
export interface GroupShape {
  readonly tiles: number;
  readonly rows: number;
  readonly keys: number;
}

/** The place of a padding row. It sees no key; its output is finite and never read. */
export const paddingRowPlace = -1;
/** The place of a padding key: beyond every row, so that none sees it. Exact in fp16 too. */
export const paddingKeyPlace = 65_504;

/** Tiles of one padded shape; a 1 x 1 dummy tile if the batch does not use the group. */
export interface AttentionGroup extends GroupShape {
  /** Packed token of each row. [B, S] */
  readonly rowIndex: Int32Array;
  /** Packed token of each key. [B, K] */
  readonly keyIndex: Int32Array;
  /** Position of each row in its sequence; a row sees the keys up to its own position. [B, S] */
  readonly rowPlace: Float32Array;
  /** Position of each key in the sequence. [B, K] */
  readonly keyPlace: Float32Array;
  /** Packed token of the tile's last real row: the last block computes only these rows. [B] */
  readonly lastIndex: Int32Array;
  /** Position of that row. [B] */
  readonly lastPlace: Float32Array;
}

/** The inputs of one run of the graph. Running it transfers the buffers to the replica's thread. */
export interface PackedBatch {
  /** [T] */
  readonly ids: Int32Array;
  /** Rotary positions; each candidate's continue from the prefix. [T] */
  readonly positions: BigInt64Array;
  readonly groups: readonly AttentionGroup[];
  /** Row of each packed token's attention output among all tiles' rows, group after group. [T] */
  readonly untile: Int32Array;
  /** Tile of each candidate among all tiles, group after group. [N] */
  readonly scored: Int32Array;
}

export type BatchOutcome =
  | {
      readonly ok: true;
      /** The yes and no logits of each candidate. [N, 2] */
      readonly logits: Float32Array;
      readonly runMs: number;
    }
  | {
      readonly ok: false;
      /**
       * `out-of-memory` means that the batch was too large. The replica keeps running and may have
       * room for a smaller one.
       */
      readonly kind: 'replica-failed' | 'out-of-memory' | 'internal';
      readonly message: string;
    };

/** A replica as the scheduler sees it. */
export interface BatchRunner {
  /** The device slot's name. */
  readonly name: string;
  /** Never rejects: a crash of the replica is an outcome too. */
  run(batch: PackedBatch): Promise<BatchOutcome>;
}
