import { at } from '../base/at.ts';
import type { BatchPart } from '../batch/packed-batch.ts';
import { tokenPart } from '../batch/packed-batch.ts';
import type { Manifest } from '../model/manifest.ts';

/** Tokens of the artificial prefix. */
const warmPrefix = 16;

export interface WarmUpOptions {
  readonly provider: 'cpu' | 'cuda';
  readonly tokenBudget: number;
  /** The context budget. Buckets that no candidate can reach are left out. */
  readonly candidateTokens: number;
  /** Most tokens of instruction, query and context. */
  readonly prefixTokens: number;
}

/**
 * One batch for each bucket that a candidate can reach, largest first, so that memory is allocated
 * once. On CUDA every batch is filled to the token budget, because memory and kernels depend on
 * shapes. On CPU they do not and a token costs milliseconds, so only the first batch is filled. One
 * token is the vocabulary's last, which fails in an embedding with too few rows; for the others any
 * id would do, and the label's is used.
 */
export function warmUpParts(manifest: Manifest, options: WarmUpOptions): readonly BatchPart[] {
  const prefix = new Int32Array(warmPrefix).fill(manifest.labels.yes.id);
  prefix[0] = manifest.blueprint.vocabulary - 1;
  return reachableBuckets(manifest, options).map((bucket, place) => {
    const length = Math.min(bucket, manifest.blueprint.rowTokens - warmPrefix);
    const fill = Math.max(1, Math.floor((options.tokenBudget - warmPrefix) / length));
    const count = place === 0 || options.provider === 'cuda' ? fill : 1;
    const suffix = new Int32Array(length).fill(manifest.labels.yes.id);
    return tokenPart({ prefix, suffixes: Array.from({ length: count }, () => suffix) });
  });
}

/**
 * Descending, from the smallest bucket that fits the longest candidate with its suffix. A fixed
 * suffix has at most one token per byte; a suffix with the query has at most `prefixTokens`.
 */
function reachableBuckets(
  { buckets, template }: Manifest,
  { candidateTokens, prefixTokens }: WarmUpOptions,
): number[] {
  const suffixTokens =
    template.order === 'query-first' ? Buffer.byteLength(template.suffix) : prefixTokens;
  const longest = candidateTokens + suffixTokens;
  return buckets.filter((_, place) => place === 0 || at(buckets, place - 1) < longest).toReversed();
}
