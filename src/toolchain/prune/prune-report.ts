import { formatDuration } from '../../base/progress.ts';
import { formatFixed, formatTable } from '../../base/format-table.ts';
import type { DroppedLayer, DropWay } from './drop-layers.ts';
import type { HalfReport, LayerReport } from './prune-layer.ts';
import type { Drift } from '../calibrate/streams.ts';

/** What was pruned and how much answers changed: `prune-report.json` in the pruned folder. */
export interface PruneReport {
  readonly from: string;
  readonly parameters: { readonly before: number; readonly after: number };
  readonly calibration: {
    readonly file: string;
    readonly rows: number;
    readonly tokens: number;
    readonly heldOutRows: number;
    readonly seed: number;
  };
  readonly dropped: {
    readonly way: DropWay;
    /** Numbered as in the original. */
    readonly layers: readonly number[];
    /** With `importance` only, in the order of dropping. */
    readonly measured: readonly DroppedLayer[];
  };
  readonly layers: readonly PrunedLayer[];
  /** Change from the original on held-out rows: after dropping layers, and after all pruning. */
  readonly drift: { readonly layersDropped: Drift; readonly pruned: Drift } | undefined;
  readonly seconds: number;
  readonly peakBytes: number;
}

/** `layer` counts as in the original. */
export type PrunedLayer = LayerReport & { readonly layer: number };

export const reportFile = 'prune-report.json';

/** The report as text for a terminal. */
export function formatReport(report: PruneReport): string {
  const { parameters, calibration, dropped, drift } = report;
  const count = (value: number) => value.toLocaleString('en-US');
  const share = (100 * (1 - parameters.after / parameters.before)).toFixed(1);
  const lines = [
    `parameters    ${count(parameters.before)} -> ${count(parameters.after)} (${share} % fewer)`,
    `layers        dropped ${dropped.layers.join(', ') || 'none'} (${dropped.way})`,
    `calibration   ${count(calibration.rows)} rows, ${count(calibration.tokens)} tokens of ${calibration.file}, seed ${calibration.seed}`,
    ...(drift === undefined ? [] : driftLines(drift, calibration.heldOutRows)),
    `took          ${formatDuration(1000 * report.seconds)}, ${(report.peakBytes / 2 ** 20).toFixed(0)} MiB at most`,
  ];
  return [...droppedTable(dropped.measured), ...layerTable(report.layers), ...lines, ''].join('\n');
}

function driftLines(
  { layersDropped, pruned }: { layersDropped: Drift; pruned: Drift },
  rows: number,
): string[] {
  const show = ({ divergence, marginChange }: Drift) =>
    `KL of p(yes) ${formatFixed(divergence, 4)} nats, logit margin moved ${formatFixed(marginChange, 3)}`;
  return [
    `held out      ${rows} rows; layers dropped: ${show(layersDropped)}`,
    `              then pruned: ${show(pruned)}`,
  ];
}

function droppedTable(measured: readonly DroppedLayer[]): string[] {
  if (measured.length === 0) {
    return [];
  }
  const rows = measured.map(({ layer, influence, divergence }) => [
    String(layer),
    influence.toFixed(4),
    formatFixed(divergence, 5),
  ]);
  return [formatTable([['layer dropped', 'influence', 'KL so far'], ...rows])];
}

function layerTable(layers: readonly PrunedLayer[]): string[] {
  const halves = layers.flatMap(({ layer, attention, mlp }) => [
    ...halfRow(layer, 'attention', attention),
    ...halfRow(layer, 'mlp', mlp),
  ]);
  if (halves.length === 0) {
    return [];
  }
  return [formatTable([['layer', 'half', 'kept', 'error removed', 'error solved'], ...halves])];
}

function halfRow(layer: number, name: string, half: HalfReport | undefined): string[][] {
  return half === undefined
    ? []
    : [
        [
          String(layer),
          name,
          `${half.kept}/${half.of}`,
          half.removed.toFixed(4),
          half.solved.toFixed(4),
        ],
      ];
}
