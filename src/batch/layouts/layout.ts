/** A layout is a way to lay a batch out as the inputs of a graph. The manifest names it. */

import type { BatchPart, GroupShape, PackedBatch } from '../packed-batch.ts';

export const layoutNames = ['masked', 'lengths'] as const;
export type LayoutName = (typeof layoutNames)[number];

/** What packing must know of the graph that will read the batch. */
export interface LayoutPlan {
  readonly layout: LayoutName;
  /** The number of attention groups in the graph: the most tile shapes in one batch. */
  readonly attentionGroups: number;
}

export interface Layout {
  /** Pure: the batch shares no memory with the parts. */
  pack(parts: readonly BatchPart[], attentionGroups: number): PackedBatch;
  /** The groups of the batch that `pack` would make. */
  planGroups(parts: readonly BatchPart[], attentionGroups: number): readonly GroupShape[];
  /** How many different lengths of candidates a batch may mix without much padding. */
  mostLengths(attentionGroups: number): number;
}

/** An input of a graph: one list for the toolchain, which writes the graph, and for the packer. */
export interface FeedSpec {
  readonly name: string;
  readonly type: 'int32' | 'int64' | 'float32';
  readonly dims: readonly (number | string)[];
}

/** The yes and no logits of every layout's graph. [N, 2] */
export const logitsOutput = 'logits';
