import { formatSigned, formatTable } from '../../base/format-table.ts';
import type { Interval } from '../measures/bootstrap.ts';
import { type EvaluateInput, evaluate } from '../measures/evaluate.ts';
import type { PerturbationName } from './perturb.ts';
import type { Run } from '../data/trec-run.ts';

/** A model's NDCG@10 on perturbed candidates, and on the same candidates unchanged. */
export interface PerturbedQuality {
  readonly name: PerturbationName;
  /** `all` first, then one row per kind. */
  readonly rows: readonly PerturbedRow[];
}

export interface PerturbedRow {
  readonly kind: string;
  readonly queries: number;
  readonly plain: number;
  readonly perturbed: number;
  /** In percent of `plain`, paired by query; undefined when that is 0. */
  readonly difference: Interval | undefined;
}

/**
 * `input.run` is the model's order of unchanged texts, `perturbed` its orders of perturbed ones.
 */
export function measurePerturbed(
  input: EvaluateInput,
  perturbed: ReadonlyMap<PerturbationName, Run>,
): readonly PerturbedQuality[] {
  return [...perturbed].map(([name, reranked]) => ({
    name,
    rows: evaluate({ ...input, reranked }).rows.flatMap((row) => {
      if (row.reranked === undefined || row.gain === undefined) {
        return [];
      }
      const plain = row.run.ndcg10.mean;
      return {
        kind: row.kind,
        queries: row.queries,
        plain,
        perturbed: row.reranked.ndcg10.mean,
        difference: plain === 0 ? undefined : inPercentOf(plain, row.gain),
      };
    }),
  }));
}

export function formatPerturbed(measured: readonly PerturbedQuality[]): string {
  const head = ['perturbed', 'kind', 'queries', 'plain NDCG@10', 'NDCG@10', 'difference', '95 %'];
  const cells = measured.flatMap(({ name, rows }) =>
    rows.map(({ kind, queries, plain, perturbed, difference }, place) => [
      place === 0 ? name : '',
      kind,
      String(queries),
      plain.toFixed(3),
      perturbed.toFixed(3),
      difference === undefined ? '-' : `${signed(difference.mean)} %`,
      difference === undefined ? '-' : `${signed(difference.low)}..${signed(difference.high)}`,
    ]),
  );
  return formatTable([head, ...cells]);
}

function inPercentOf(whole: number, { mean, low, high }: Interval): Interval {
  const percent = (value: number) => (100 * value) / whole;
  return { mean: percent(mean), low: percent(low), high: percent(high) };
}

function signed(value: number): string {
  return formatSigned(value, 1);
}
