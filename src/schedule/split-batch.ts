import { at } from '../base/at.ts';
import type { BatchOutcome } from '../batch/packed-batch.ts';
import type { RequestPart } from './queue/request.ts';

export type FailureKind = Exclude<BatchOutcome, { ok: true }>['kind'];

/** The parts of one batch. */
export interface Attempt {
  readonly parts: readonly RequestPart[];
  /** How often the batch they were first in has been halved. */
  readonly cuts: number;
}

/** Enough to single out one request among 64. */
const maxCuts = 6;

/**
 * What to run in place of a batch that failed on a replica that is still alive: two halves, so that
 * a request that cannot run does not fail others with it. The cut is between requests. A single
 * request is cut between its candidates if the batch was too large for the replica's memory, and
 * has otherwise failed by itself. Empty if there is nothing left to try.
 */
export function splitBatch({ parts, cuts }: Attempt, kind: FailureKind): readonly Attempt[] {
  const [first] = parts;
  if (kind === 'replica-failed' || cuts === maxCuts || first === undefined) {
    return [];
  }
  if (parts.length > 1) {
    return halve(parts).map((half) => ({ parts: half, cuts: cuts + 1 }));
  }
  if (kind === 'internal' || first.candidates.length < 2) {
    return [];
  }
  const suffixes = halve(first.suffixes);
  return halve(first.candidates).map((half, i) => ({
    parts: [{ ...first, candidates: half, suffixes: at(suffixes, i) }],
    cuts: cuts + 1,
  }));
}

function halve<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
}
