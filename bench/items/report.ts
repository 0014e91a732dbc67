import { formatTable } from '../../src/base/format-table.ts';
import type { Machine } from '../../src/eval/measures/machine.ts';
import type { Checked, WindowFigures } from './figures.ts';
import type { ItemsOptions } from './options.ts';
import type { StoredRanking } from './rank-stored.ts';

/** What is stale, over time from the end of the puts. */
export interface StaleSample {
  readonly atMs: number;
  readonly stale: number;
  readonly lagSeconds: number;
}

export interface ItemsReport extends Checked {
  readonly machine: Machine;
  readonly options: ItemsOptions;
  readonly server: {
    readonly model: string;
    readonly precision: string;
    readonly fingerprint: string;
    readonly replicas: string;
    readonly compressor: string;
    readonly fallbackCompressor: string;
  };
  /** Requests per second that the server could take, and that were sent. */
  readonly rate: { readonly most: number; readonly sent: number };
  readonly windows: { readonly without: WindowFigures; readonly with: WindowFigures };
  /** Requests that the kill cut off; they count in no window. */
  readonly cutOff: number;
  readonly puts: {
    readonly acknowledgedBeforeKill: number;
    readonly items: number;
    /** Over the time in which puts ran. */
    readonly perSecond: number;
  };
  /** From SIGKILL until the server was ready again. */
  readonly restartMs: number;
  readonly recompression: {
    readonly samples: readonly StaleSample[];
    /** Until nothing was stale; absent when something still was. */
    readonly doneMs?: number;
    readonly compressed: Readonly<Record<string, number>>;
  };
  readonly stored: StoredRanking;
  readonly faults: readonly string[];
}

export function formatItemsReport(report: ItemsReport): string {
  const { server, rate, windows, cutOff, puts, lost, recompression, stored, match } = report;
  const { candidates } = report.options;
  const last = recompression.samples.at(-1);
  const made = Object.entries(recompression.compressed).map(([name, count]) => `${count} ${name}`);
  const rows = [
    ['model', `${server.model}, ${server.precision}, on ${server.replicas}`],
    ['compressors', `${server.fallbackCompressor || 'none'}; ${server.compressor || 'none'}`],
    [
      'capacity',
      `${rate.most.toFixed(2)} requests/s of ${candidates}; ${rate.sent.toFixed(2)} sent`,
    ],
    ['without puts', formatWindow(windows.without)],
    ['with puts', `${formatWindow(windows.with)}; ${cutOff} cut off by the kill`],
    ['p50, with to without', formatRatio(windows, 'p50')],
    ['p99, with to without', formatRatio(windows, 'p99')],
    ['puts', `${puts.items}, ${puts.perSecond.toFixed(0)}/s`],
    ['restart', `${(report.restartMs / 1000).toFixed(1)} s`],
    [
      'lost of acknowledged',
      `${lost.afterRestart.length} of ${puts.acknowledgedBeforeKill} after the kill, ` +
        `${lost.atEnd.length} of ${puts.items} at the end`,
    ],
    [
      'summaries',
      recompression.doneMs === undefined
        ? `${last?.stale ?? '?'} items stale, the oldest for ${last?.lagSeconds.toFixed(0) ?? '?'} s`
        : `none stale ${(recompression.doneMs / 1000).toFixed(1)} s after the last put`,
    ],
    ['made since the restart', made.join(', ') || 'none'],
    [
      'scores by id and text',
      `${match.equal} of ${match.candidates} equal, the others within ${match.largest}`,
    ],
    ['faults', report.faults.join('; ') || 'none'],
  ];
  // The values are sentences, so they are aligned left.
  const facts = rows.map(([name = '', value = '']) => `${name.padEnd(24)}${value}\n`).join('');
  return `${facts}\n${formatStored(stored)}`;
}

function formatStored({ candidates, sources, speeds }: StoredRanking): string {
  const read = Object.entries(sources).map(([source, count]) => `${count} ${source}`);
  return (
    `${candidates} stored items, read from: ${read.join(', ')}\n` +
    formatTable([
      ['', 'candidates/s', 'x by id', 'tokens each'],
      ...speeds.map(({ name, candidatesPerSecond, ratio, tokens }) => [
        name,
        candidatesPerSecond.toFixed(1),
        ratio.toFixed(2),
        tokens.toFixed(1),
      ]),
    ])
  );
}

function formatWindow({ requests, answered, failed, latencyMs }: WindowFigures): string {
  const failures = Object.entries(failed).map(([code, count]) => `, ${count} ${code}`);
  const times =
    latencyMs === undefined
      ? ''
      : `, p50 ${latencyMs.p50.toFixed(0)} ms, p99 ${latencyMs.p99.toFixed(0)} ms`;
  return `${answered} of ${requests} answered${failures.join('')}${times}`;
}

function formatRatio({ without, with: withPuts }: ItemsReport['windows'], of: 'p50' | 'p99') {
  const [base, own] = [without.latencyMs?.[of], withPuts.latencyMs?.[of]];
  return base === undefined || own === undefined ? '-' : `x ${(own / base).toFixed(2)}`;
}
