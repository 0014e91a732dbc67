import type { Layout, LayoutName, LayoutPlan } from '../layouts/layout.ts';
import { lengths } from '../layouts/lengths/lengths.ts';
import { masked } from '../layouts/masked/masked.ts';
import type { BatchPart, GroupShape, PackedBatch } from '../packed-batch.ts';

export { packedTokens } from '../layouts/tokens.ts';

const layouts: Readonly<Record<LayoutName, Layout>> = { masked, lengths };

/**
 * Lays out the parts' tokens one after the other, and their attention as the graph of the plan
 * reads it. Pure: the batch shares no memory with the parts. Logits come in the order of the
 * candidates.
 *
 * @throws RangeError if a candidate is empty or there is none; both are bugs, because every
 * candidate has a suffix.
 */
export function packBatch(parts: readonly BatchPart[], plan: LayoutPlan): PackedBatch {
  return layouts[plan.layout].pack(parts, plan.attentionGroups);
}

/** How many different lengths of candidates a batch of the plan may mix without much padding. */
export function mostLengths(plan: LayoutPlan): number {
  return layouts[plan.layout].mostLengths(plan.attentionGroups);
}

/** The shapes of the attention groups into which `packBatch` would arrange these parts. */
export function planGroups(parts: readonly BatchPart[], plan: LayoutPlan): readonly GroupShape[] {
  return layouts[plan.layout].planGroups(parts, plan.attentionGroups);
}
