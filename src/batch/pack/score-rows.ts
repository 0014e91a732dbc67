import { at } from '../../base/at.ts';
import type { LayoutPlan } from '../layouts/layout.ts';
import { packBatch, packedTokens } from './pack-batch.ts';
import { type BatchPart, type PackedBatch, tokenPart } from '../packed-batch.ts';

/** One candidate to score: its request's prefix, and its own tokens with the suffix. */
export interface Row {
  readonly prefix: Int32Array;
  readonly ids: Int32Array;
}

export type Logits = readonly [yes: number, no: number];

/** Runs a batch; resolves to the yes and no logits of each candidate. [N, 2] */
export type RunBatch = (batch: PackedBatch) => Promise<Float32Array>;

/** The batches: for each, the indices of its rows in the order in which they are packed. */
export type Grouping = readonly (readonly number[])[];

/**
 * Batches of at most `tokenBudget` packed tokens, with rows dealt from all prefixes in turn so that
 * different prefixes share batches. A longer row has a batch of its own.
 */
export function dealRows(rows: readonly Row[], tokenBudget: number): Grouping {
  const groups: number[][] = [];
  let group: number[] = [];
  for (const index of inTurn(rows)) {
    const next = [...group, index];
    if (group.length > 0 && packedTokens(partsOf(rows, next).parts) > tokenBudget) {
      groups.push(group);
      group = [index];
    } else {
      group = next;
    }
  }
  return group.length === 0 ? groups : [...groups, group];
}

/**
 * Scores rows in the batches of a grouping, each prefix once per batch.
 *
 * @returns logits by row index; rows in no batch have none.
 */
export async function scoreRows(
  rows: readonly Row[],
  grouping: Grouping,
  { run, plan }: { readonly run: RunBatch; readonly plan: LayoutPlan },
): Promise<ReadonlyMap<number, Logits>> {
  const scores = new Map<number, Logits>();
  for (const group of grouping) {
    const { parts, order } = partsOf(rows, group);
    const logits = await run(packBatch(parts, plan));
    order.forEach((row, place) => {
      scores.set(row, [at(logits, 2 * place), at(logits, 2 * place + 1)]);
    });
  }
  return scores;
}

/** The same row with its prefix moved into its own tokens, so that nothing is shared. */
export function unshared({ prefix, ids }: Row): Row {
  const whole = new Int32Array(prefix.length + ids.length);
  whole.set(prefix);
  whole.set(ids, prefix.length);
  return { prefix: new Int32Array(0), ids: whole };
}

/** One part for each prefix; `order` lists the rows in the order of the batch's logits. */
function partsOf(
  rows: readonly Row[],
  group: readonly number[],
): { parts: readonly BatchPart[]; order: readonly number[] } {
  const members = new Map<Int32Array, number[]>();
  for (const index of group) {
    const { prefix } = at(rows, index);
    members.set(prefix, [...(members.get(prefix) ?? []), index]);
  }
  const parts = [...members].map(([prefix, indices]) =>
    tokenPart({ prefix, suffixes: indices.map((index) => at(rows, index).ids) }),
  );
  return { parts, order: [...members.values()].flat() };
}

/** The first row of every prefix, then the second of every prefix, and so on. */
function inTurn(rows: readonly Row[]): number[] {
  const seen = new Map<Int32Array, number>();
  const turns = rows.map(({ prefix }, index) => {
    const turn = seen.get(prefix) ?? 0;
    seen.set(prefix, turn + 1);
    return { index, turn };
  });
  return turns.toSorted((a, b) => a.turn - b.turn || a.index - b.index).map(({ index }) => index);
}
