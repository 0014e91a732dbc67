import type { Machine } from '../../src/eval/measures/machine.ts';
import { machineText } from '../machine.ts';
import type { RunResult } from './run.ts';

export interface UpgradeReport {
  readonly machine: Machine;
  readonly models: { readonly former: string; readonly new: string };
  /** See `Reference`. */
  readonly tellable: number;
  readonly runs: Readonly<Record<string, RunResult>>;
}

export function formatReport({ machine, models, tellable, runs }: UpgradeReport): string {
  const percent = (100 * tellable).toFixed(0);
  return [
    '# Rolling upgrade of three servers under load',
    '',
    `${machineText(machine)}. From ${models.former} to ${models.new}; ${percent} % of the scores tell ` +
      'the two models apart. Made by `npm run bench:upgrade`.',
    '',
    ...Object.values(runs).flatMap(formatRun),
  ].join('\n');
}

function formatRun(run: RunResult): readonly string[] {
  const { before, during, after } = run.latency;
  const ms = ({ p50, p99 }: typeof before) => `${p50.toFixed(0)} / ${p99.toFixed(0)}`;
  return [
    `## ${run.title}`,
    '',
    '| clients | calls | ok by former | ok by new | sent again once / twice / more | refused | failed | wrong scores | broken pins | lists | ranked again | mixed |',
    '| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |',
    ...Object.entries(run.clients).map(([kind, each]) => {
      const { 0: never = 0, 1: once = 0, 2: twice = 0 } = each.retried;
      const more = each.okByA + each.okByB - never - once - twice;
      const failed = Object.values(each.failed).reduce((sum, count) => sum + count, 0);
      const cells = [
        kind,
        each.calls,
        each.okByA,
        each.okByB,
        `${once} / ${twice} / ${more}`,
        each.refused,
        failed,
        each.wrongScores,
        each.brokenPins,
        each.lists,
        each.listsAgain,
        each.listsMixed,
      ];
      return `| ${cells.join(' | ')} |`;
    }),
    '',
    `In the end the servers have: ${run.end}. The upgrade took ${seconds(run.upgradeMs)}. p50 / p99 in ms: before ` +
      `${ms(before)}, during ${ms(during)}, after ${ms(after)}. Faults: ${run.faults.join('; ') || 'none'}.`,
    '',
    ...run.steps.map(
      ({ server, what, ms: took }) => `- server ${server}: ${what}, ${seconds(took)}`,
    ),
    '',
  ];
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
