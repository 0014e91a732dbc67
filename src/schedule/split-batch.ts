import type { BatchOutcome } from '../batch/packed-batch.ts';
import type { RequestPart } from './queue/request.ts';

export type FailureKind = Exclude<BatchOutcome, { ok: true }>['kind'];

/** Parts that go into one batch, as they are. */
export interface Attempt {
  readonly parts: readonly RequestPart[];
  /** How many times the batch they were first in was cut in two. */
  readonly cuts: number;
}

/** Enough to find one request among 64. */
const mostCuts = 6;

/**
 * What to run in place of a batch that failed on a replica that lives: two halves, so that a request that cannot run
 * takes nobody with it. Cut between requests; a single request is cut between its candidates when the batch was too
 * large for the memory, and otherwise has failed by itself. Empty when there is nothing to try.
 */
export function splitBatch({ parts, cuts }: Attempt, kind: FailureKind): readonly Attempt[] {
  const [first] = parts;
  if (kind === 'replica-failed' || cuts === mostCuts || first === undefined) {
    return [];
  }
  if (parts.length > 1) {
    return cutInTwo(parts).map((half) => ({ parts: half, cuts: cuts + 1 }));
  }
  if (kind === 'internal' || first.candidates.length < 2) {
    return [];
  }
  const [candidates, suffixes] = [cutInTwo(first.candidates), cutInTwo(first.suffixes)];
  return candidates.map((half, i) => ({
    parts: [{ ...first, candidates: half, suffixes: suffixes[i] ?? [] }],
    cuts: cuts + 1,
  }));
}

function cutInTwo<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
}
