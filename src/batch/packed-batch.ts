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
  /** How it is computed; undefined if all of its tokens are. */
  readonly segments?: BatchPart;
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

/** How a request is computed. */
export function segmentsOf({ prefix, candidates, segments }: EncodedRequest): BatchPart {
  return segments ?? tokenPart({ prefix, suffixes: candidates.map(({ ids }) => ids) });
}

/** The padded shape of a group: B tiles of S rows and K keys; at least one tile. */
export interface GroupShape {
  readonly tiles: number;
  readonly rows: number;
  readonly keys: number;
}

/** An input of a graph, by its name. */
export interface Feed {
  readonly name: string;
  readonly data: Int32Array | Float32Array | BigInt64Array;
  readonly dims: readonly number[];
}

/**
 * The inputs of one run of a graph. Only the layout that packed it, and the graph that was written
 * for that layout, know what the feeds mean. Running the batch transfers their buffers to the
 * replica's thread.
 */
export interface PackedBatch {
  /** Its cost in packed tokens: see `packedTokens`. */
  readonly tokens: number;
  /** N */
  readonly candidates: number;
  /** The padded shapes of attention, which decide its cost. */
  readonly groups: readonly GroupShape[];
  readonly feeds: readonly Feed[];
  /** Only in the stored layout. */
  readonly states?: StateRows;
}

/** The arena's rows that a batch reads and writes. */
export interface StateRows {
  /** In the order of the graph's input. [U] */
  readonly read: Int32Array;
  readonly write?: {
    /** In the order of the graph's output. [M] */
    readonly rows: Int32Array;
    /** See `openGate`; shared by the threads. */
    readonly gate: Int32Array;
  };
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
