import { stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { loadTokenizer, singleTokenId } from '../../text/tokenizer/tokenizer.ts';
import { type Checkpoint, CheckpointError } from '../files/checkpoint.ts';
import { configFor } from '../checkpoint/checkpoint-config.ts';
import {
  compensateRounding,
  type CompensatedTensor,
  factorizeInputs,
} from './compensate-rounding.ts';
import { labelHead, outerTensors } from '../checkpoint/tensors.ts';
import { readJsonFile } from '../files/limited-json.ts';
import { openCheckpoint } from '../checkpoint/open-checkpoint.ts';
import {
  dequantizeChannels,
  type QuantizedTensor,
  quantizeLinear,
  quantizeTable,
} from '../numerics/quantize-channels.ts';
import {
  chooseFactors,
  type LayerGrams,
  type SmoothedInput,
  type SmoothOptions,
} from './choose-factors.ts';
import { foldFactors } from './fold-factors.ts';
import { assertInputs, inputOf, type LayerInput, readersOf } from '../graph/layer-inputs.ts';
import { int8Method, rowName, scaleName } from '../files/stored-int8.ts';
import { type OutgoingTensor, writeCheckpoint } from '../checkpoint/write-checkpoint.ts';

export interface QuantizeOptions {
  /** A Hugging Face folder. */
  readonly from: string;
  readonly to: string;
  /** Label words, each one token of the folder's tokenizer: their rows of the head are kept in fp32. */
  readonly labels: readonly string[];
  /** Inputs that int8 graphs leave in floats, with the weights that read them: where rounding costs the scores most. */
  readonly floats: readonly LayerInput[];
  /**
   * Calibration scales channels first, so that activations round better, and then rounds weights with compensation
   * (compensate-rounding.ts); undefined does neither.
   */
  readonly smooth: SmoothOptions | undefined;
  readonly onProgress: (done: number, total: number) => void;
}

export interface TensorError {
  readonly name: string;
  readonly shape: readonly number[];
  /** Root of the squared error's share of the squared weights. */
  readonly relativeError: number;
  /** Signal to quantization noise, decibels. */
  readonly sqnrDb: number;
  readonly largestError: number;
  /** Relative error of the products on calibration tokens: each weight to its nearest step, and compensated. */
  readonly outputError?: CompensatedTensor['outputError'];
}

export interface QuantizeReport {
  readonly parameters: number;
  /** Of model.safetensors. */
  readonly bytes: number;
  /** Embedding rows, by token id, that stay fp32. */
  readonly wholeRows: readonly number[];
  /** Inputs whose readers stay fp32. */
  readonly floats: readonly LayerInput[];
  readonly smoothing: SmoothingReport | undefined;
  /** Every tensor stored as int8, against what it is once its channels are scaled; the others are fp32. */
  readonly tensors: readonly TensorError[];
}

export interface SmoothingReport {
  readonly file: string;
  readonly rows: number;
  readonly tokens: number;
  readonly inputs: readonly SmoothedInput[];
}

export const quantizeReportFile = 'quantize-report.json';
const embedding = outerTensors.embedding.name;

/**
 * Writes a checkpoint's compact form (stored-int8.ts): matrices as int8 with a scale a row, norms and biases fp32.
 * One tensor in memory at a time. With `smooth` first a layer and the calibration rows' streams, and to the end X^T X of every
 * layer's inputs in fp32: 4 bytes x (2 width^2 + (heads x headDim)^2 + mlpWidth^2) a layer.
 *
 * @throws CheckpointError, also when it is compact already; DataError or RankError when a label is not one token or
 * calibration rows cannot be used.
 */
export async function quantizeCheckpoint(options: QuantizeOptions): Promise<QuantizeReport> {
  const { from, to, floats } = options;
  const original = await openCheckpoint(from);
  try {
    const wholeRows = findRows(original, options);
    await assertFloats(original, from);
    assertInputs(floats, original.blueprint.layers);
    const { checkpoint, grams, smoothing } = await smooth(original, options);
    const tensors = await writeCompact(checkpoint, options, { wholeRows, grams });
    const { size: bytes } = await stat(join(to, 'model.safetensors'));
    const parameters = countParameters(checkpoint);
    const report = { parameters, bytes, wholeRows, floats, smoothing, tensors };
    await writeFile(join(to, quantizeReportFile), `${JSON.stringify(report, undefined, 2)}\n`);
    return report;
  } finally {
    await original.close();
  }
}

async function smooth(
  checkpoint: Checkpoint,
  { from, smooth: options }: QuantizeOptions,
): Promise<{
  checkpoint: Checkpoint;
  grams: readonly LayerGrams[];
  smoothing: SmoothingReport | undefined;
}> {
  if (options === undefined) {
    return { checkpoint, grams: [], smoothing: undefined };
  }
  const { factors, grams, ...found } = await chooseFactors(
    checkpoint,
    join(from, 'tokenizer.json'),
    options,
  );
  return {
    checkpoint: foldFactors(checkpoint, factors),
    grams,
    smoothing: { file: basename(options.calibrate), ...found },
  };
}

/** @returns the error of each tensor that was rounded */
async function writeCompact(
  checkpoint: Checkpoint,
  { from, to, floats, onProgress }: QuantizeOptions,
  { wholeRows, grams }: { wholeRows: readonly number[]; grams: readonly LayerGrams[] },
): Promise<readonly TensorError[]> {
  const original = await readJsonFile(join(from, 'config.json'));
  const kept = new Set(floats.flatMap(readersOf));
  const tensors: TensorError[] = [];
  await writeCheckpoint(to, {
    config: {
      ...configFor(checkpoint.blueprint, 'F32', original),
      quantization_config: { quant_method: int8Method },
    },
    tensors: [...checkpoint.shapes.keys()].flatMap((name) =>
      outgoing(checkpoint, name, {
        isFloat: kept.has(name) || name === outerTensors.score.name,
        wholeRows: name === labelHead(checkpoint.blueprint).name ? wholeRows : [],
        gram: gramOf(name, grams),
        onError: (error) => tensors.push(error),
      }),
    ),
    copyFrom: from,
    // Filled once the errors are known; the first of these files marks the folder as one of ours.
    texts: new Map([[quantizeReportFile, '']]),
    onProgress,
  });
  return tensors;
}

function gramOf(name: string, grams: readonly LayerGrams[]): Float32Array | undefined {
  const input = inputOf(name);
  return input && grams[input.layer]?.[input.kind];
}

/** None of a classifier, whose head stays whole. */
function findRows({ blueprint }: Checkpoint, { from, labels }: QuantizeOptions): readonly number[] {
  if (labels.length === 0 || blueprint.classes !== undefined) {
    return [];
  }
  const tokenizer = loadTokenizer(join(from, 'tokenizer.json'));
  return labels.map((text) => singleTokenId(tokenizer, text));
}

async function assertFloats(checkpoint: Checkpoint, from: string): Promise<void> {
  if ((await checkpoint.readQuantized(embedding)) !== undefined) {
    throw new CheckpointError(`${from}: is int8 already; rounding it twice would only lose`);
  }
}

interface Watch {
  readonly isFloat: boolean;
  readonly wholeRows: readonly number[];
  /** X^T X of what it reads, where calibration saw that. */
  readonly gram: Float32Array | undefined;
  readonly onError: (error: TensorError) => void;
}

/** A matrix becomes integers, scales, and the rows kept whole; they are asked for in this order. */
function outgoing(checkpoint: Checkpoint, name: string, watch: Watch): readonly OutgoingTensor[] {
  const shape = checkpoint.shapes.get(name) ?? [];
  const [rows = 0, columns] = shape;
  if (columns === undefined || watch.isFloat) {
    return [{ name, shape, type: 'F32', read: () => checkpoint.readTensor(name) }];
  }
  let scales: Float32Array = new Float32Array();
  let whole: Float32Array[] = [];
  const read = async () => {
    const values = await checkpoint.readTensor(name);
    const isTable = name === embedding || name === outerTensors.head.name;
    const quantized: QuantizedTensor & Partial<CompensatedTensor> = isTable
      ? quantizeTable(values, columns)
      : roundLinear(values, columns, watch.gram);
    ({ scales } = quantized);
    whole = watch.wholeRows.map((row) => values.slice(row * columns, (row + 1) * columns));
    const { outputError } = quantized;
    watch.onError({
      name,
      shape,
      ...measureError(values, quantized),
      ...(outputError && { outputError }),
    });
    return quantized.values;
  };
  return [
    { name, shape, type: 'I8', read },
    { name: scaleName(name), shape: [rows], type: 'F32', read: () => scales },
    ...watch.wholeRows.map(
      (row, i): OutgoingTensor => ({
        ...{ name: rowName(name, row), shape: [columns], type: 'F32' },
        read: () => whole[i] ?? new Float32Array(),
      }),
    ),
  ];
}

function roundLinear(
  values: Float32Array,
  columns: number,
  gram: Float32Array | undefined,
): QuantizedTensor & Partial<CompensatedTensor> {
  const rounded = quantizeLinear(values, columns);
  return gram === undefined ? rounded : compensateRounding(values, rounded, factorizeInputs(gram));
}

export function measureError(
  values: Float32Array,
  quantized: QuantizedTensor,
): Omit<TensorError, 'name' | 'shape'> {
  const found = dequantizeChannels(quantized);
  let [signal, noise, largestError] = [0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const error = (found[i] ?? 0) - (values[i] ?? 0);
    signal += (values[i] ?? 0) ** 2;
    noise += error ** 2;
    largestError = Math.max(largestError, Math.abs(error));
  }
  const relativeError = signal === 0 ? 0 : Math.sqrt(noise / signal);
  return { relativeError, sqnrDb: -20 * Math.log10(relativeError), largestError };
}

function countParameters({ shapes }: Checkpoint): number {
  return [...shapes.values()].reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
}
