import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { formatFixed } from '../../base/format-table.ts';
import type { Blueprint } from '../../model/manifest.ts';
import { createTokenizer } from '../../text/tokenizer/tokenizer.ts';
import type { Checkpoint } from '../files/checkpoint.ts';
import { assertDescribable } from '../checkpoint/checkpoint-config.ts';
import { findLabels } from '../checkpoint/config/label-head.ts';
import { openCheckpoint } from '../checkpoint/open-checkpoint.ts';
import { type WrittenType } from '../checkpoint/write-checkpoint.ts';
import {
  type BlockPieces,
  type Layer,
  openBlockPieces,
  readLayer,
} from '../calibrate/block-pieces.ts';
import {
  batchRows,
  type CalibrationOptions,
  type CalibrationRows,
  countTokens,
  firstRows,
  readCalibration,
} from '../calibrate/calibration.ts';
import { type CheckpointTokenizer, openCheckpointTokenizer } from '../gguf/checkpoint-tokenizer.ts';
import { dropByImportance, type DroppedLayer, type DropWay, keepFirst } from './drop-layers.ts';
import { pruneLayer } from './prune-layer.ts';
import { estimateBytes, planPruned, type PruneShape } from './prune-plan.ts';
import type { PrunedLayer, PruneReport } from './prune-report.ts';
import { countParameters, keepLayers, replaceTensors } from './pruned-checkpoint.ts';
import {
  embedBatches,
  measureDrift,
  readLabelHead,
  readMargins,
  runLayers,
} from '../calibrate/streams.ts';
import { writePruned } from './write-pruned.ts';

export interface PruneOptions extends PruneShape {
  /** A GGUF file, or a Hugging Face folder with safetensors. */
  readonly from: string;
  /** A Hugging Face folder; a pruned checkpoint there is replaced when the new one is complete. */
  readonly to: string;
  readonly drop: DropWay;
  readonly calibration: CalibrationOptions;
  readonly labels: readonly [yes: string, no: string];
  readonly type: WrittenType;
  readonly threads: number;
  /** Called with progress messages. */
  readonly onLine: (line: string) => void;
  /** Counts batches times layers. */
  readonly onProgress: (done: number, total: number) => void;
}

interface Job {
  readonly options: PruneOptions;
  readonly checkpoint: Checkpoint;
  readonly tokenizer: CheckpointTokenizer;
  readonly pruned: Blueprint;
  readonly calibration: CalibrationRows;
  readonly labelIds: readonly [yes: number, no: number];
  readonly pieces: { readonly dense: BlockPieces; readonly pruned: BlockPieces };
}

/**
 * Layers are measured on the first rows with this many tokens, because each round runs the model
 * about four times.
 */
const measuredTokens = 2048;

/**
 * Makes a checkpoint smaller. Drops whole layers first, then MLP neurons and key heads of the
 * remaining layers, one layer after the other. The kept weights are solved again on calibration
 * rows that have passed through the layers pruned so far.
 *
 * @throws CheckpointError, DataError or RankError.
 */
export async function pruneModel(options: PruneOptions): Promise<PruneReport> {
  const startedAtMs = performance.now();
  const checkpoint = await openCheckpoint(options.from);
  const tokenizer = await openCheckpointTokenizer(options.from);
  try {
    const job = await prepare(options, checkpoint, tokenizer);
    try {
      return await prune(job, startedAtMs);
    } finally {
      await job.pieces.dense.close();
      await job.pieces.pruned.close();
    }
  } finally {
    await checkpoint.close();
    await tokenizer.close();
  }
}

async function prepare(
  options: PruneOptions,
  checkpoint: Checkpoint,
  tokenizer: CheckpointTokenizer,
): Promise<Job> {
  const { blueprint } = checkpoint;
  if (tokenizer.made !== undefined) {
    assertDescribable(blueprint);
  }
  const pruned = planPruned(blueprint, options);
  const loaded = createTokenizer(await readFile(tokenizer.path, 'utf8'), tokenizer.source);
  const labels = findLabels(blueprint, loaded, options.labels, options.from);
  const labelIds = [labels.yes.id, labels.no.id] as const;
  const calibration = await readCalibration(options.calibration, {
    tokenizerPath: tokenizer.path,
    rowTokens: blueprint.rowTokens,
  });
  const tokens = countTokens(calibration.rows);
  const mebibytes = Math.ceil(estimateBytes(blueprint, pruned, tokens) / 2 ** 20);
  options.onLine(
    `calibrating on ${calibration.rows.length} rows, ${tokens} tokens; about ${mebibytes} MiB beside the runtime's own`,
  );
  return {
    options,
    checkpoint,
    tokenizer,
    pruned,
    calibration,
    labelIds,
    pieces: {
      dense: await openBlockPieces(blueprint, options.threads),
      pruned: await openBlockPieces(pruned, options.threads),
    },
  };
}

async function prune(job: Job, startedAtMs: number): Promise<PruneReport> {
  const { options, checkpoint, calibration, pruned } = job;
  const { kept, measured } = await chooseLayers(job);
  const shorter = keepLayers(checkpoint, kept);
  const { layers, reports } = await pruneLayers(job, shorter, kept);
  const result = replaceTensors(shorter, pruned, layers);
  const report: PruneReport = {
    from: basename(options.from),
    parameters: {
      before: countParameters(checkpoint.blueprint),
      after: countParameters(pruned),
    },
    calibration: {
      file: basename(options.calibration.file),
      rows: calibration.rows.length,
      tokens: countTokens(calibration.rows),
      heldOutRows: calibration.heldOut.length,
      seed: options.calibration.seed,
    },
    dropped: {
      way: options.drop,
      layers: keepFirst(checkpoint.blueprint.layers, 0).filter((layer) => !kept.includes(layer)),
      measured,
    },
    layers: reports,
    drift: await measureDrifts(job, shorter, result),
    seconds: Math.round((performance.now() - startedAtMs) / 100) / 10,
    // getrusage reports KiB.
    peakBytes: process.resourceUsage().maxRSS * 1024,
  };
  await writePruned(result, { ...options, tokenizer: job.tokenizer, report });
  return report;
}

async function chooseLayers(
  job: Job,
): Promise<{ kept: readonly number[]; measured: readonly DroppedLayer[] }> {
  const { options, checkpoint, calibration } = job;
  const { layers } = checkpoint.blueprint;
  if (options.drop === 'last' || options.dropLayers === 0) {
    return { kept: keepFirst(layers, options.dropLayers), measured: [] };
  }
  const { kept, dropped } = await dropByImportance({
    checkpoint,
    pieces: job.pieces.dense,
    batches: batchRows(firstRows(calibration.rows, measuredTokens)),
    head: await readLabelHead(checkpoint, job.labelIds),
    drop: options.dropLayers,
    onRound: ({ layer, divergence }) => {
      options.onLine(
        `dropped layer ${layer}: KL of p(yes) ${formatFixed(divergence, 5)} nats so far`,
      );
    },
  });
  return { kept, measured: dropped };
}

async function pruneLayers(
  { options, checkpoint, pieces, pruned, calibration }: Job,
  shorter: Checkpoint,
  kept: readonly number[],
): Promise<{ layers: readonly Layer[]; reports: readonly PrunedLayer[] }> {
  const { blueprint } = checkpoint;
  const halves =
    Number(pruned.mlpWidth < blueprint.mlpWidth) + Number(pruned.kvHeads < blueprint.kvHeads);
  if (halves === 0) {
    return { layers: [], reports: [] };
  }
  const batches = batchRows(calibration.rows);
  const dense = await embedBatches(shorter, batches);
  const total = halves * kept.length * batches.length;
  let done = 0;
  options.onProgress(done, total);
  const onBatch = () => options.onProgress(++done, total);
  const passage = { batches, dense, pruned: [...dense], onBatch };
  const plan = {
    blueprint,
    keptKvHeads: pruned.kvHeads,
    keptNeurons: pruned.mlpWidth,
  };
  const layers: Layer[] = [];
  const reports: PrunedLayer[] = [];
  for (const [index, layer] of kept.entries()) {
    const outcome = await pruneLayer(await readLayer(shorter, index), plan, pieces, passage);
    layers.push(outcome.changed);
    reports.push({ layer, ...outcome.report });
  }
  return { layers, reports };
}

async function measureDrifts(job: Job, shorter: Checkpoint, result: Checkpoint) {
  const { checkpoint, calibration, pieces, labelIds } = job;
  if (calibration.heldOut.length === 0) {
    return undefined;
  }
  const batches = batchRows(calibration.heldOut);
  const head = await readLabelHead(checkpoint, labelIds);
  const margins = async (of: Checkpoint, through: BlockPieces) => {
    const streams = await embedBatches(of, batches);
    await runLayers(through, of, batches, streams);
    return readMargins(head, batches, streams);
  };
  const before = await margins(checkpoint, pieces.dense);
  return {
    layersDropped: measureDrift(before, await margins(shorter, pieces.dense)),
    pruned: measureDrift(before, await margins(result, pieces.pruned)),
  };
}
