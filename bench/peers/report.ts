import { formatTable } from '../../src/base/format-table.ts';
import type { Machine } from '../../src/eval/measures/machine.ts';
import { drawBars } from '../../src/page/bars.ts';
import { formatSvgFile } from '../../src/page/svg-file.ts';
import { machineText } from '../machine.ts';
import {
  equalWithin,
  hasEqualScores,
  type PeersReport,
  type SystemFigures,
  timesAsFast,
} from './compare.ts';

export interface FullReport extends PeersReport {
  readonly machine: Machine;
  readonly model: string;
  readonly data: string;
  readonly requests: number;
  readonly candidates: number;
  readonly tokens: number;
  readonly rounds: number;
  readonly threads: number;
}

const ownColour = '#30a46c';
const peerColour = '#8e8e93';

/** The rows of the table, the head first. */
export function tableRows({ systems }: PeersReport): readonly (readonly string[])[] {
  const owns = systems.filter(({ system }) => system.isOwn);
  const head = [
    'system',
    'computes in',
    'candidates/s',
    'tokens/s',
    ...owns.map(({ system }) => `${system.name} is`),
    'p95 ms',
    'peak MB',
    'NDCG@10',
    'largest difference of p(yes)',
    'mean',
    "Kendall's tau",
    'equal scores',
  ];
  return [
    head,
    ...systems.map((each) => [
      each.system.name,
      each.system.class,
      each.candidatesPerSecond.toFixed(1),
      each.tokensPerSecond.toFixed(0),
      ...owns.map((own) => `${timesAsFast(own, each).toFixed(2)}x`),
      each.p95Ms.toFixed(0),
      Number.isNaN(each.peakMb) ? '-' : each.peakMb.toFixed(0),
      each.ndcg10?.toFixed(3) ?? '-',
      ...agreementCells(each),
    ]),
  ];
}

function agreementCells({ agreement }: SystemFigures): readonly string[] {
  return agreement === undefined
    ? ['-', '-', '-', '-']
    : [
        agreement.largest.toExponential(1),
        agreement.mean.toExponential(1),
        agreement.tau.toFixed(3),
        hasEqualScores({ agreement }) ? 'yes' : 'no',
      ];
}

function notes(report: FullReport): readonly string[] {
  return [
    `${report.model}; ${report.data}: ${report.requests} requests of ${report.candidates} candidates and ` +
      `${report.tokens} tokens in all; ${report.rounds} rounds in turns, the fastest of each counts; ${report.threads} threads each`,
    machineText(report.machine),
    `Scores are compared with those of slmrank fp32. They count as equal when p(yes) differs by at most ${equalWithin} on average.`,
    ...report.ratios.map(
      ({ own, against, peer, times }) =>
        `${own} is ${times.toFixed(2)} times as fast as ${against}, ${peer}.`,
    ),
    ...report.leftOut.map(
      ({ name, command }) => `LEFT OUT: ${name} is not installed; install it with: ${command}`,
    ),
  ];
}

export function formatReport(report: FullReport): string {
  return `${notes(report).join('\n')}\n\n${formatTable(tableRows(report))}`;
}

export function formatMarkdown(report: FullReport, plot: string): string {
  const [head = [], ...rows] = tableRows(report);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const table = [line(head), line(head.map(() => '---')), ...rows.map(line)];
  const settings = report.systems.map(({ system, about }) => `- ${system.name}: ${about}`);
  return (
    [
      `# ${report.model} beside its peers`,
      notes(report)
        .map((each) => `- ${each}`)
        .join('\n'),
      `![candidates/s of each system](${plot})`,
      table.join('\n'),
      `## Versions and settings\n\n${settings.join('\n')}`,
    ].join('\n\n') + '\n'
  );
}

/** Candidates/s of each system as bars, by class, with the range over rounds. */
export function drawReport({ systems, candidates, model }: FullReport): string {
  const bar = ({ system, msOfRounds, candidatesPerSecond }: SystemFigures) => {
    const speeds = msOfRounds.map((ms) => (1000 * candidates) / ms);
    return {
      name: system.name,
      value: candidatesPerSecond,
      low: Math.min(...speeds),
      high: Math.max(...speeds),
      colour: system.isOwn ? ownColour : peerColour,
    };
  };
  const groups = (['floats', '8 bits', '4 bits'] as const).map((kind) => ({
    name: `${model} in ${kind}: candidates/s, whole postings`,
    bars: systems.filter(({ system }) => system.class === kind).map(bar),
  }));
  const title = `${model}: candidates/s of each system`;
  return formatSvgFile([
    drawBars(
      title,
      groups.filter(({ bars }) => bars.length > 0),
    ),
  ]);
}
