import { at } from '../base/at.ts';
import { formatGate, type GateNames } from './measures/format-gate.ts';
import type { GateResult } from './measures/gate.ts';
import type { Interval } from './measures/bootstrap.ts';
import type { Evaluation, QualityRow } from './measures/evaluate.ts';
import { formatSigned, formatTable } from '../base/format-table.ts';
import { formatPerturbed, type PerturbedQuality } from './forms/perturbed.ts';
import type { RerankCounts } from './rank/rerank.ts';

/** The result of `slmrank eval`; its JSON has the same shape. */
export interface EvalReport extends Evaluation {
  readonly beir: string;
  readonly split: string;
  readonly runFile: string;
  readonly relevantFrom: number;
  /** Most queries to measure, when --limit was given. */
  readonly limit?: number;
  readonly model?: ModelReport;
  /** The model's NDCG@10 on perturbed candidates, with --perturb. */
  readonly perturbed?: readonly PerturbedQuality[];
  /** The comparison with another model, with --against. */
  readonly gate?: GateReport;
}

export interface GateReport extends GateResult {
  /** The runs of both models on each side; at least one side. */
  readonly runs: readonly {
    readonly titles: boolean;
    readonly model: ModelReport;
    readonly reference: ModelReport;
  }[];
  /** A sentence on the side that was not judged. */
  readonly skipped?: string;
}

export interface ModelReport extends RerankCounts {
  readonly name: string;
  readonly fingerprint: string;
  readonly devices: string;
  /** Through the pipeline, or all pairs together; the rates of the two are not comparable. */
  readonly way: 'served' | 'direct';
  /** Queries that were to be ranked. */
  readonly plannedQueries: number;
  readonly seconds: number;
  readonly candidatesPerSecond: number;
  readonly interrupted: boolean;
}

/** The report as text: the quality of the run's order and of the model's, then notes. */
export function formatReport(report: EvalReport): string {
  const head = ['queries', 'run NDCG@10', '95 %', 'MRR@10'];
  const modelHead = report.model ? ['model NDCG@10', '95 %', 'MRR@10', 'gain', '95 %'] : [];
  const rows = report.rows.map((row) => [...runCells(row), ...modelCells(row)]);
  const notes = [...modelNotes(report.model), ...notesOf(report)];
  const title = `${report.beir}, split ${report.split}, run ${report.runFile}`;
  const gate = report.gate ? `\n${formatGate(report.gate, namesOf(report.gate))}` : '';
  const perturbed = report.perturbed?.length ? `\n${formatPerturbed(report.perturbed)}` : '';
  const quality = formatTable([['', ...head, ...modelHead], ...rows]);
  return `${title}\n\n${quality}\n${notes.join('\n')}\n${perturbed}${gate}`;
}

function namesOf({ runs, skipped }: GateReport): GateNames {
  return { reference: at(runs, 0).reference.name, skipped };
}

function runCells({ kind, queries, run }: QualityRow): string[] {
  return [kind, String(queries), share(run.ndcg10.mean), bounds(run.ndcg10), share(run.mrr10)];
}

function modelCells({ reranked, gain }: QualityRow): string[] {
  return reranked === undefined || gain === undefined
    ? []
    : [
        share(reranked.ndcg10.mean),
        bounds(reranked.ndcg10),
        share(reranked.mrr10),
        formatSigned(gain.mean, 3),
        `${formatSigned(gain.low, 3)}..${formatSigned(gain.high, 3)}`,
      ];
}

function modelNotes(model: ModelReport | undefined): string[] {
  if (model === undefined) {
    return [];
  }
  const cut = model.candidates === 0 ? 0 : (100 * model.truncated) / model.candidates;
  const perCandidate = model.candidates === 0 ? 0 : model.candidateTokens / model.candidates;
  return [
    ...(model.interrupted
      ? [
          `INTERRUPTED after ${model.queries} of ${model.plannedQueries} queries; both sides show those.`,
        ]
      : []),
    `Model ${model.name}, score fingerprint ${model.fingerprint.slice(0, 12)}, on ${model.devices}.`,
    `${model.candidates} candidates of ${model.queries} queries in ${model.seconds.toFixed(1)} s: ` +
      `${model.candidatesPerSecond.toFixed(1)} candidates/s${model.way === 'direct' ? ' (scored directly)' : ''}; ` +
      `${perCandidate.toFixed(0)} tokens each, ${cut.toFixed(1)} % cut to the context budget.`,
  ];
}

function notesOf(report: EvalReport): string[] {
  return [
    `NDCG@10: gain 2^grade - 1, ideal over all judged. MRR@10: relevant from grade ${report.relevantFrom}. ` +
      'Ties keep the order of the file. Intervals: bootstrap over queries.',
    ...(report.limit === undefined
      ? []
      : [`At most ${report.limit} queries, spread evenly over the run.`]),
    ...(report.unjudgedQueries > 0
      ? [`${report.unjudgedQueries} queries of the run have no judgements and are left out.`]
      : []),
    ...(report.judgedNotInRun > 0
      ? [`${report.judgedNotInRun} judged queries are not in the run and are left out.`]
      : []),
  ];
}

function bounds({ low, high }: Interval): string {
  return `${share(low)}..${share(high)}`;
}

function share(value: number): string {
  return value.toFixed(3);
}
