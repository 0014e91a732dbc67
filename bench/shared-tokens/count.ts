import { at } from '../../src/base/at.ts';
import type { EncodedRequest } from '../../src/batch/packed-batch.ts';

/** Packed tokens of requests, and how many of them are computed more than once. */
export interface SharedTokens {
  readonly packed: number;
  /** Of candidates whose tokens are equal to those of an earlier one of the request. */
  readonly duplicates: number;
  /**
   * At the start of other candidates that begin with the same tokens: the most that any nesting of
   * prefixes could save.
   */
  readonly prefixes: number;
  /** Of the suffix, behind each candidate but the first. */
  readonly suffixes: number;
}

/** Counts one request; `sum` adds the figures of several. */
export function countShared({ prefix, candidates }: EncodedRequest): SharedTokens {
  const own = candidates.map(({ ids, tokens }) => ids.subarray(0, tokens)).sort(compare);
  const suffix = candidates.reduce(
    (least, { ids, tokens }) => Math.max(least, ids.length - tokens),
    0,
  );
  let duplicates = 0;
  let prefixes = 0;
  let distinct = 0;
  own.forEach((ids, place) => {
    const common = place === 0 ? 0 : countCommon(at(own, place - 1), ids);
    const isEqual = place > 0 && common === ids.length && at(own, place - 1).length === common;
    duplicates += isEqual ? ids.length + suffix : 0;
    prefixes += isEqual ? 0 : common;
    distinct += isEqual ? 0 : 1;
  });
  const tokens = candidates.reduce((sum, { ids }) => sum + ids.length, 0);
  return {
    packed: prefix.length + tokens,
    duplicates,
    prefixes,
    suffixes: Math.max(0, distinct - 1) * suffix,
  };
}

export function sum(all: readonly SharedTokens[]): SharedTokens {
  const of = (name: keyof SharedTokens) => all.reduce((total, each) => total + each[name], 0);
  return {
    packed: of('packed'),
    duplicates: of('duplicates'),
    prefixes: of('prefixes'),
    suffixes: of('suffixes'),
  };
}

/** Lexicographic, so that the longest common start of any two is that of neighbours. */
function compare(a: Int32Array, b: Int32Array): number {
  const common = countCommon(a, b);
  return common === a.length || common === b.length
    ? a.length - b.length
    : at(a, common) - at(b, common);
}

function countCommon(a: Int32Array, b: Int32Array): number {
  const most = Math.min(a.length, b.length);
  let common = 0;
  while (common < most && a[common] === b[common]) {
    common += 1;
  }
  return common;
}
