import { formatFixed, formatSigned } from '../../src/base/format-table.ts';
import type { ContextFigures } from '../../src/eval/context/context-report.ts';
import type { Interval } from '../../src/eval/measures/bootstrap.ts';
import type { Machine } from '../../src/eval/measures/machine.ts';
import { type Chart, drawChart, type Mark } from '../../src/page/svg.ts';
import { formatSvgFile } from '../../src/page/svg-file.ts';
import { machineText } from '../machine.ts';
import type { StepSpeed } from './figures.ts';
import { ladder, type LadderPlan } from './steps.ts';

/** ladder.json */
export interface LadderReport {
  readonly machine: Machine;
  readonly data: Size & {
    readonly name: string;
    /** Whether titles are shown. */
    readonly titles: boolean;
    readonly isJudged: boolean;
  };
  /** What each round ranks. */
  readonly speed: Size & { readonly rounds: number };
  readonly models: readonly {
    readonly name: string;
    readonly parameters: number;
    readonly precision: string;
    readonly fingerprint: string;
  }[];
  /** Candidates by what made their summaries. */
  readonly summaries: Readonly<Record<string, number>>;
  readonly steps: readonly StepReport[];
  readonly leftOut: LadderPlan['leftOut'];
}

interface Size {
  readonly requests: number;
  readonly candidates: number;
}

export interface StepReport {
  readonly name: string;
  /** Candidates/s of each round. */
  readonly rates: readonly number[];
  readonly speed: StepSpeed;
  /** Largest difference of p(yes) from the step whose quality stands for this one's. */
  readonly drift: number;
  /** Undefined without judgements. */
  readonly quality: ContextFigures | undefined;
}

/** Fast steps rank the requests of a round again, until about so many seconds have passed. */
export const leastSeconds = 3;
const aim = { times: 150, loss: 0.02 };

/** Markdown. */
export function formatLadder(report: LadderReport): string {
  const { steps } = report;
  const head = ['step', 'candidates/s', 'times the first', 'times the one before', 'tokens'];
  const rows = [
    [...head, 'NDCG@10', 'change, %'],
    head.map(() => '---').concat('---', '---'),
    ...steps.map(cellsOf),
  ];
  const table = rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  return `${table}\n\n${[...aimOf(steps), ...notesOf(report)].map((note) => `- ${note}`).join('\n')}\n`;
}

function cellsOf({ name, speed, quality }: StepReport): readonly string[] {
  const { ofFirst, ofBefore } = speed;
  const spread = ({ median, low, high }: StepSpeed['ofFirst']) =>
    `${short(median)} (${short(low)}..${short(high)})`;
  return [
    name,
    short(speed.candidatesPerSecond),
    spread(ofFirst),
    spread(ofBefore),
    ...(quality === undefined
      ? ['', '', '']
      : [
          quality.tokens.mean.toFixed(1),
          `${formatFixed(quality.ndcg10.mean, 3)} (${range(quality.ndcg10, (value) => formatFixed(value, 3))})`,
          `${percent(quality.change.mean)} (${range(quality.change, percent)})`,
        ]),
  ];
}

/** What the steps reach of the aim; nothing without NDCG@10 or without the stock export. */
function aimOf(steps: readonly StepReport[]): readonly string[] {
  const judged = (steps[0]?.name === ladder[0]?.name ? steps : [])
    .flatMap(({ name, speed, quality }) =>
      quality === undefined
        ? []
        : [{ name, times: speed.ofFirst.median, change: quality.change.mean }],
    )
    .toSorted((a, b) => b.times - a.times);
  const within = judged.find(({ change }) => change >= -aim.loss);
  const [fastest] = judged;
  if (fastest === undefined || within === undefined) {
    return [];
  }
  const describe = ({ name, times, change }: typeof fastest) =>
    `'${name}' with ${short(times)} times the first step at ${percent(change)} %`;
  const most = `at most ${100 * aim.loss} %`;
  return [
    `Aim: ${aim.times} times with ${most} of NDCG@10 lost: ${within.times >= aim.times ? 'reached' : 'missed'}. ` +
      `The fastest step is ${describe(fastest)}; the fastest with ${most} lost is ${describe(within)}.`,
  ];
}

function notesOf(report: LadderReport): readonly string[] {
  const { data, speed, models, summaries, steps, leftOut, machine } = report;
  const made = Object.entries(summaries).map(([method, count]) => `${count} by ${method}`);
  const drift = Math.max(...steps.map((step) => step.drift));
  const quality = data.isJudged
    ? `NDCG@10 over ${data.requests} queries with ${data.candidates} candidates; change against the first step; 95 % bootstrap intervals, paired by query for changes`
    : 'nobody has judged these data, so there is no NDCG@10';
  return [
    `${data.name}, titles ${data.titles ? 'shown' : 'hidden'}: ${quality}.`,
    `Speed: ${speed.requests} requests with ${speed.candidates} candidates, repeated where that takes less than ${leastSeconds} s; ${speed.rounds} rounds of all steps in turn; medians (lowest..highest), ratios round by round.`,
    ...(drift === 0
      ? []
      : [
          `A graph in this process counts with the NDCG@10 of the served step with the same weights; p(yes) differs by at most ${drift.toExponential(1)}.`,
        ]),
    `Models: ${models.map(({ name, parameters, precision }) => `${name}, ${(parameters / 1e6).toFixed(1)} M, ${precision}`).join('; ')}. Summaries: ${made.join(', ') || 'none'}.`,
    ...leftOut.map(({ names, why }) => `Left out: ${names.join(', ')}: ${why}.`),
    `${machineText(machine)}.`,
  ];
}

/** The change of NDCG@10 over speed; undefined without NDCG@10. */
export function drawLadder({ steps, data }: LadderReport): string | undefined {
  const marks = steps.flatMap(({ name, speed, quality }): Mark[] => {
    if (quality === undefined) {
      return [];
    }
    const { mean, low, high } = quality.change;
    const place = [speed.ofFirst.median, 100 * mean] as const;
    return [{ name, at: place, low: 100 * low, high: 100 * high, colour: '#3b82c4' }];
  });
  if (marks.length === 0) {
    return undefined;
  }
  const chart: Chart = {
    title: 'From a stock export to ranking by id: change of NDCG@10 over speed',
    x: 'candidates/s, times the first step',
    y: `change of NDCG@10, %, titles ${data.titles ? 'shown' : 'hidden'}`,
    fromY: Math.floor(Math.min(-100 * aim.loss, ...marks.map(({ low }) => low))) - 1,
    toY: 1,
    logX: true,
    height: 400,
    series: [{ name: 'steps', colour: '#d98200', as: 'line', points: marks.map(({ at }) => at) }],
    marks,
    levels: [{ y: -100 * aim.loss, name: `${100 * aim.loss} % lost` }],
  };
  return formatSvgFile([drawChart(chart)]);
}

function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function percent(share: number): string {
  return formatSigned(100 * share, 1);
}

function range({ low, high }: Interval, format: (value: number) => string): string {
  return `${format(low)}..${format(high)}`;
}
