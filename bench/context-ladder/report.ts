import { formatFixed, formatSigned, formatTable } from '../../src/base/format-table.ts';
import type { ContextFigures } from '../../src/eval/context/context-report.ts';
import type { Machine } from '../../src/eval/measures/machine.ts';
import type { LadderOptions } from './options.ts';
import type { LadderPlan, Step, StepSpeed } from './steps.ts';

export interface LadderReport {
  readonly machine: Machine;
  readonly options: LadderOptions;
  readonly candidates: { readonly requests: number; readonly candidates: number };
  /** Queries that NDCG@10 is over. */
  readonly queries: number;
  /** Candidates by what made their summaries. */
  readonly methods: Readonly<Record<string, number>>;
  readonly steps: readonly StepReport[];
  readonly leftOut: LadderPlan['leftOut'];
}

export interface StepReport extends Step {
  readonly seconds: readonly number[];
  readonly speed: StepSpeed;
  /** Absent when quality was left out. */
  readonly figures?: ContextFigures;
}

export function formatLadder(report: LadderReport): string {
  const { candidates, queries, rounds, methods } = { ...report, rounds: report.options.rounds };
  const made = Object.entries(methods).map(([method, count]) => `${count} ${method}`);
  const notes = [
    `${candidates.requests} requests of ${candidates.candidates} candidates in all, ${rounds} rounds in turns, ` +
      `medians; NDCG@10 over ${queries} queries, change against the first step with its 95 % interval`,
    `titles ${report.options.variant === 'titles' ? 'shown' : 'hidden'}; summaries: ${made.join(', ') || 'none'}`,
    ...report.leftOut.map(
      ({ name, missing }) => `left out: '${name}': no built model in ${missing}`,
    ),
  ];
  const head = ['step', 'candidates/s', 'x first', 'x before', 'tokens', 'NDCG@10', 'change'];
  const table = formatTable([head, ...report.steps.map(formatStep)]);
  return `${notes.join('\n')}\n\n${table}`;
}

function formatStep({ name, speed, figures }: StepReport): readonly string[] {
  const percent = (share: number) => formatSigned(100 * share, 1);
  return [
    name,
    speed.candidatesPerSecond.toFixed(1),
    speed.ofFirst.median.toFixed(1),
    speed.ofBefore.median.toFixed(2),
    ...(figures === undefined
      ? ['-', '-', '-']
      : [
          figures.tokens.mean.toFixed(1),
          formatFixed(figures.ndcg10.mean, 4),
          `${percent(figures.change.mean)} % [${percent(figures.change.low)}, ${percent(figures.change.high)}]`,
        ]),
  ];
}
