import type { Manifest } from '../model/manifest.ts';
import { type BatchPart, tokenPart } from '../batch/packed-batch.ts';
import { templateOrder } from '../text/template.ts';

/** Tokens of the made-up prefix. */
const warmPrefix = 16;

export interface WarmUpOptions {
  readonly provider: 'cpu' | 'cuda';
  readonly tokenBudget: number;
  /** The context budget: buckets that no candidate can reach are left out. */
  readonly candidateTokens: number;
  /** Most tokens of instruction, query and context. */
  readonly prefixTokens: number;
}

/**
 * One batch for each bucket that a candidate can reach, largest first, so that memory is taken once and kept. On CUDA
 * each is filled to the token budget: memory and kernels depend on shapes. On CPU neither does and a token costs
 * milliseconds, so that only the first is. The tokens are the label's: any id the vocabulary has will do. One is the
 * vocabulary's last, which a graph with fewer rows than the manifest says has no row for.
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
 * Descending; the largest is the one that holds the longest candidate. A token of a fixed suffix is at least a byte; one
 * with the query in it is bounded as that is.
 */
function reachableBuckets(
  { buckets, template }: Manifest,
  { candidateTokens, prefixTokens }: WarmUpOptions,
): number[] {
  const suffixTokens =
    templateOrder(template) === 'query-first' ? Buffer.byteLength(template.suffix) : prefixTokens;
  const longest = candidateTokens + suffixTokens;
  return buckets.filter((_, place) => (buckets[place - 1] ?? 0) < longest).toReversed();
}
