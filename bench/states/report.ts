import { at } from '../../src/base/at.ts';
import { formatTable } from '../../src/base/format-table.ts';
import type { Machine } from '../../src/eval/measures/machine.ts';
import { median } from '../../src/eval/measures/metrics.ts';
import type { Agreement, Times } from './measure.ts';

export interface StatesReport {
  readonly machine: Machine;
  readonly model: string;
  readonly precision: string;
  readonly candidates: number;
  readonly rounds: number;
  readonly suffixTokens: number;
  readonly bytesPerToken: number;
  readonly mixes: readonly {
    readonly name: string;
    readonly hitRate: number;
    readonly keptShare: number;
  }[];
  readonly lengths: readonly LengthReport[];
  readonly agreement: readonly Agreement[];
}

export interface LengthReport {
  readonly tokens: number;
  /** In the order of the ways. */
  readonly ways: readonly Way[];
}

interface Way {
  readonly name: string;
  readonly candidatesPerSecond: number;
  /** Median over rounds of recomputation's time over this way's in the same round. */
  readonly ratio: number;
}

export function reportLength(tokens: number, times: Times): LengthReport {
  const base = times.get('recompute') ?? [];
  const ways = [...times].map(([name, ms]) => ({
    name,
    candidatesPerSecond: Math.round(1_000 / median(ms)),
    ratio: round(median(ms.map((each, i) => at(base, i) / each))),
  }));
  return { tokens, ways };
}

/**
 * The hit rate from which candidates of this length with states are as fast as short ones that are
 * computed each time: Infinity if they never are. Times of hits and misses add up.
 */
export function breakEven(long: LengthReport, short: LengthReport): number {
  const wayOf = ({ ways }: LengthReport, name: string) => ways.find((way) => way.name === name);
  const seconds = (of: LengthReport, name: string) => {
    const { candidatesPerSecond: base = Number.NaN } = wayOf(of, 'recompute') ?? {};
    const { ratio = Number.NaN } = wayOf(of, name) ?? {};
    return 1 / (base * ratio);
  };
  const [cold, warm] = [seconds(long, 'cold'), seconds(long, 'warm')];
  const needed = (cold - seconds(short, 'recompute')) / (cold - warm);
  return needed > 1 ? Number.POSITIVE_INFINITY : Math.max(0, needed);
}

export function formatReport(report: StatesReport): string {
  const { lengths, mixes, bytesPerToken, agreement } = report;
  const names = at(lengths, 0).ways.map(({ name }) => name);
  const speed = lengths.map(({ tokens, ways }) => [
    String(tokens),
    ...ways.map(({ candidatesPerSecond, ratio }) => `${candidatesPerSecond} x${ratio.toFixed(2)}`),
    String(Math.round((bytesPerToken * tokens) / 1_000)),
  ]);
  const short = at(lengths, 0);
  const worth = lengths.slice(1).map((long) => {
    const hitRate = breakEven(long, short);
    const says = Number.isFinite(hitRate)
      ? `from a hit rate of ${percent(hitRate)} on`
      : 'at no hit rate';
    const perThousand = Math.round((bytesPerToken * long.tokens) / 1_000);
    return `${long.tokens} tokens with states are as fast as ${short.tokens} tokens computed each time ${says}, for ${perThousand} MB per 1,000 kept candidates`;
  });
  const stores = mixes.map(
    ({ name, hitRate, keptShare }) =>
      `${name}: hits ${percent(hitRate)}, store holds ${percent(keptShare)} of the candidates`,
  );
  const scores = agreement.map(
    ({ tokens, candidates, largest, largestKept, tau, sameTop }) =>
      `${tokens} tokens, ${candidates} real candidates: p(yes) from states within ${largest.toExponential(1)} of recomputation (kept and new: ${largestKept.toExponential(1)}), tau ${tau.toFixed(4)}, first ten equal for ${sameTop} queries`,
  );
  return [
    `${report.model} ${report.precision}, 1 thread, requests of ${report.candidates} candidates, about ${report.suffixTokens} tokens behind each; candidates/s, medians of ${report.rounds} rounds in turns; x: against recompute`,
    '',
    formatTable([['tokens', ...names, 'kB each'], ...speed]),
    ...stores,
    '',
    ...worth,
    '',
    ...scores,
    '',
  ].join('\n');
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share > 0.1 ? 0 : 1)} %`;
}

function round(value: number): number {
  return Math.round(1_000 * value) / 1_000;
}
