import { at } from '../../src/base/at.ts';
import { formatTable } from '../../src/base/format-table.ts';
import type { Machine } from '../../src/eval/measures/machine.ts';
import { machineText } from '../machine.ts';
import type { EncodeRate } from './encode-rate.ts';
import { describeWorkload, type Window } from './measure.ts';
import { type Histogram, longestMs } from './pauses.ts';
import type { Workload } from './requests.ts';

/** One workload: this build, and the one that it is compared with. */
export interface Row {
  readonly workload: Workload;
  readonly own: Window;
  readonly base?: Window | undefined;
}

export interface FrontReport {
  readonly machine: Machine;
  readonly model: string;
  readonly seconds: number;
  readonly rounds: number;
  readonly rows: readonly Row[];
  readonly encoders: { readonly own: EncodeRate; readonly base?: EncodeRate | undefined };
}

/** What the front end is to reach on two cores, the generator on one of them. */
const aims = { mainMs: 1, itemsById: 50_000, encodedTokens: 1_500_000, pauseMs: 10 } as const;

const head = ['input, call, candidates', 'items/s', 'p99 ms', 'main', 'encoder', 'replica'];
const more = ['others', 'generator', 'loop', 'collection'];

/** A table for a terminal, or for Markdown. */
export function formatFront(report: FrontReport, isMarkdown = false): string {
  const { machine, model, seconds, rounds, rows, encoders } = report;
  const hasBase = rows.some(({ base }) => base !== undefined);
  const table = [
    [...head, ...more, ...(hasBase ? ['items/s ratio', 'main ratio'] : [])],
    ...rows.map((row) => cellsOf(row, hasBase)),
  ];
  const lines = [
    `${machineText(machine)}; ${model}; windows of ${seconds} s, median of ${rounds}.`,
    '',
    isMarkdown ? formatMarkdown(table) : formatTable(table),
    'Main, encoder, replica (without a model), others and generator: processor milliseconds for a',
    'request. Loop and collection: upper bounds of the longest delay of the main thread in ms, with',
    'waits for a core, and of its longest garbage collection.',
    '',
    describeEncoders(encoders),
    ...describeAims(rows, encoders.own),
  ];
  return `${lines.join('\n')}\n`;
}

/** The window of median rate. */
export function medianOf(windows: readonly Window[]): Window | undefined {
  const sorted = [...windows].sort((a, b) => a.itemsPerSecond - b.itemsPerSecond);
  return sorted[Math.floor(sorted.length / 2)];
}

function cellsOf({ workload, own, base }: Row, hasBase: boolean): readonly string[] {
  const { main, encoder, replica, others } = own.perRequest;
  const ratio = (of: (window: Window) => number) =>
    base === undefined ? '' : (of(own) / of(base)).toFixed(2);
  return [
    describeWorkload(workload),
    own.itemsPerSecond.toFixed(0),
    own.p99Ms.toFixed(0),
    ...[main, encoder, replica, others, own.generatorCpuMs].map((ms) => ms.toFixed(2)),
    describeLongest(own.lag),
    describeLongest(own.collections),
    ...(hasBase
      ? [ratio(({ itemsPerSecond }) => itemsPerSecond), ratio((one) => one.perRequest.main)]
      : []),
  ];
}

function describeLongest(histogram: Histogram): string {
  return String(longestMs(histogram));
}

function describeEncoders({ own, base }: FrontReport['encoders']): string {
  const rate = `${(own.tokensPerSecond / 1e6).toFixed(2)} million tokens/s`;
  const ratio =
    base === undefined
      ? ''
      : `, ${(own.tokensPerSecond / base.tokensPerSecond).toFixed(2)} times the base`;
  return `An encoder thread: ${rate} of processor time${ratio}.`;
}

function describeAims(rows: readonly Row[], encoder: EncodeRate): readonly string[] {
  const text = rows.filter(({ workload }) => workload.input === 'text');
  const small = text.filter(({ workload }) => workload.candidates === 50);
  const byId = rows.filter(({ workload }) => workload.input === 'id');
  const least = (list: readonly Row[], of: (window: Window) => number) =>
    Math.min(...list.map(({ own }) => of(own)));
  const most = (list: readonly Row[], of: (window: Window) => number) =>
    Math.max(...list.map(({ own }) => of(own)));
  const line = (what: string, found: string, aim: string, isMet: boolean) =>
    `${isMet ? 'met' : 'missed'}: ${what}: ${found}; aim ${aim}`;
  const main = least(small, ({ perRequest }) => perRequest.main);
  const items = most(byId, ({ itemsPerSecond }) => itemsPerSecond);
  const pause = most(rows, ({ collections }) => longestMs(collections));
  const { tokensPerSecond } = encoder;
  return [
    line(
      'main thread, 50 texts',
      `${main.toFixed(2)} ms`,
      `${aims.mainMs} ms`,
      main <= aims.mainMs,
    ),
    line('items/s by id', items.toFixed(0), String(aims.itemsById), items >= aims.itemsById),
    line(
      'encoded tokens/s of a core',
      tokensPerSecond.toFixed(0),
      String(aims.encodedTokens),
      tokensPerSecond >= aims.encodedTokens,
    ),
    line('longest collection', `${pause} ms`, `${aims.pauseMs} ms`, pause <= aims.pauseMs),
  ];
}

function formatMarkdown(table: readonly (readonly string[])[]): string {
  const lines = table.map((cells) => `| ${cells.join(' | ')} |`);
  const rule = `| ${at(table, 0)
    .map(() => '---')
    .join(' | ')} |`;
  return `${[...lines.slice(0, 1), rule, ...lines.slice(1)].join('\n')}\n`;
}
