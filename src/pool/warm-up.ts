import type { Manifest } from '../manifest.ts';
import type { BatchPart } from '../schedule/batch.ts';

/** Tokens of the made-up prefix. */
const warmPrefix = 16;

/**
 * One batch for each bucket, filled to the token budget, largest bucket first, so that memory is taken once and kept.
 * The tokens are the label's: any id the vocabulary has will do.
 */
export function warmUpParts(manifest: Manifest, tokenBudget: number): readonly BatchPart[] {
  const prefix = new Int32Array(warmPrefix).fill(manifest.labels.yes.id);
  return manifest.buckets.toReversed().map((bucket) => {
    const length = Math.min(bucket, manifest.blueprint.rowTokens - warmPrefix);
    const count = Math.max(1, Math.floor((tokenBudget - warmPrefix) / length));
    const suffix = new Int32Array(length).fill(manifest.labels.yes.id);
    return { prefix, suffixes: Array.from({ length: count }, () => suffix) };
  });
}
