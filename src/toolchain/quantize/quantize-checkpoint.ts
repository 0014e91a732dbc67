import { basename, join } from 'node:path';
import { at } from '../../base/at.ts';
import { loadTokenizer, singleTokenId } from '../../text/tokenizer/tokenizer.ts';
import { type Checkpoint, CheckpointError } from '../files/checkpoint.ts';
import { configFor } from '../checkpoint/checkpoint-config.ts';
import {
  compensateRounding,
  type CompensatedTensor,
  factorizeInputs,
} from '../numerics/compensate-rounding.ts';
import { labelHead, outerTensors } from '../checkpoint/config/tensors.ts';
import { readJsonFile } from '../files/limited-json.ts';
import { openCheckpoint } from '../checkpoint/open-checkpoint.ts';
import {
  dequantizeChannels,
  type QuantizedTensor,
  quantizeLinear,
  quantizeTable,
} from '../numerics/quantize-channels.ts';
import {
  calibrateLayers,
  type LayerCalibration,
  type LayerCalibrationOptions,
  type SmoothedInput,
} from './calibrate-layers.ts';
import { foldFactors } from './fold-factors.ts';
import { assertInputs, inputOf, type LayerInput, readersOf } from '../graph/layer-inputs.ts';
import { int8Method } from '../files/stored-int8.ts';
import {
  type Int8Matrix,
  type OutgoingTensor,
  writeCheckpoint,
} from '../checkpoint/write-checkpoint.ts';

export interface QuantizeOptions {
  /** A Hugging Face folder. */
  readonly from: string;
  readonly to: string;
  /** Label words, one token each. Their rows of the head stay fp32. */
  readonly labels: readonly string[];
  /** Inputs that int8 graphs keep in floats, with the weights that read them. */
  readonly floats: readonly LayerInput[];
  /**
   * With calibration, channels are scaled first so that activations round better, and the rounding
   * of weights is compensated (numerics/compensate-rounding.ts). Without it, neither is done.
   */
  readonly calibration: LayerCalibrationOptions | undefined;
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
  /** Relative error of the products on calibration tokens, with and without compensation. */
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
  /** Every tensor stored as int8, compared with its scaled fp32 values. The others are fp32. */
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
 * Writes a checkpoint's compact form (stored-int8.ts): matrices as int8 with one scale per row,
 * norms and biases as fp32. One tensor is in memory at a time. With calibration, memory also holds
 * one layer and the residual streams at first, and until the end X^T X of every layer's inputs in
 * fp32: 4 bytes x (2 width^2 + (heads x headDim)^2 + mlpWidth^2) per layer.
 *
 * @throws CheckpointError, also when the checkpoint is compact already; DataError or RankError when
 * a label is not one token or the calibration rows cannot be used.
 */
export async function quantizeCheckpoint(options: QuantizeOptions): Promise<QuantizeReport> {
  const { from, floats, calibration } = options;
  const original = await openCheckpoint(from);
  try {
    const wholeRows = findRows(original, options);
    await assertNotCompact(original, from);
    assertInputs(floats, original.blueprint.layers);
    const calibrated =
      calibration && (await calibrateLayers(original, join(from, 'tokenizer.json'), calibration));
    const checkpoint = calibrated ? foldFactors(original, calibrated.factors) : original;
    return await writeCompact(checkpoint, options, { wholeRows, calibrated });
  } finally {
    await original.close();
  }
}

async function writeCompact(
  checkpoint: Checkpoint,
  { from, to, floats, calibration, onProgress }: QuantizeOptions,
  {
    wholeRows,
    calibrated,
  }: { wholeRows: readonly number[]; calibrated: LayerCalibration | undefined },
): Promise<QuantizeReport> {
  const original = await readJsonFile(join(from, 'config.json'));
  const kept = new Set(floats.flatMap(readersOf));
  const tensors: TensorError[] = [];
  const reportOf = (bytes: number): QuantizeReport => ({
    parameters: countParameters(checkpoint),
    bytes,
    wholeRows,
    floats,
    smoothing: calibration && calibrated && describeSmoothing(calibration.file, calibrated),
    tensors,
  });
  const toJson = (bytes: number) => `${JSON.stringify(reportOf(bytes), undefined, 2)}\n`;
  const bytes = await writeCheckpoint(to, {
    config: {
      ...configFor(checkpoint.blueprint, 'F32', original),
      quantization_config: { quant_method: int8Method },
    },
    tensors: [...checkpoint.shapes.keys()].map((name) =>
      outgoing(checkpoint, name, {
        isFloat: kept.has(name) || name === outerTensors.score.name,
        wholeRows: name === labelHead(checkpoint.blueprint).name ? wholeRows : [],
        gram: gramOf(name, calibrated),
        onError: (error) => tensors.push(error),
      }),
    ),
    copyFrom: from,
    texts: new Map([[quantizeReportFile, toJson]]),
    onProgress,
  });
  return reportOf(bytes);
}

function describeSmoothing(
  file: string,
  { inputs, rows, tokens }: LayerCalibration,
): SmoothingReport {
  return { file: basename(file), inputs, rows, tokens };
}

function gramOf(name: string, calibrated: LayerCalibration | undefined): Float32Array | undefined {
  const input = inputOf(name);
  return input && calibrated && at(calibrated.grams, input.layer)[input.kind];
}

/** The label rows that stay fp32. A classifier has none, because its whole head stays fp32. */
function findRows({ blueprint }: Checkpoint, { from, labels }: QuantizeOptions): readonly number[] {
  if (labels.length === 0 || blueprint.classes !== undefined) {
    return [];
  }
  const tokenizer = loadTokenizer(join(from, 'tokenizer.json'));
  return labels.map((text) => singleTokenId(tokenizer, text));
}

async function assertNotCompact(checkpoint: Checkpoint, from: string): Promise<void> {
  if ((await checkpoint.readQuantized(embedding)) !== undefined) {
    throw new CheckpointError(`${from}: is int8 already; rounding it again would only add error`);
  }
}

interface TensorPlan {
  readonly isFloat: boolean;
  readonly wholeRows: readonly number[];
  /** X^T X of the tensor's input, if it was calibrated. */
  readonly gram: Float32Array | undefined;
  readonly onError: (error: TensorError) => void;
}

function outgoing(checkpoint: Checkpoint, name: string, plan: TensorPlan): OutgoingTensor {
  const shape = checkpoint.shapes.get(name) ?? [];
  const [rows, columns] = shape;
  if (rows === undefined || columns === undefined || plan.isFloat) {
    return { name, shape, type: 'F32', read: () => checkpoint.readTensor(name) };
  }
  const { wholeRows } = plan;
  const read: Int8Matrix['read'] = async () => {
    const values = await checkpoint.readTensor(name);
    const isTable = name === embedding || name === outerTensors.head.name;
    const quantized: QuantizedTensor & Partial<CompensatedTensor> = isTable
      ? quantizeTable(values, columns)
      : roundLinear(values, columns, plan.gram);
    const { outputError } = quantized;
    const error = { name, shape, ...measureError(values, quantized) };
    plan.onError(outputError === undefined ? error : { ...error, outputError });
    const whole = wholeRows.map((row) => values.slice(row * columns, (row + 1) * columns));
    return { values: quantized.values, scales: quantized.scales, whole };
  };
  return { name, shape: [rows, columns], type: 'I8', wholeRows, read };
}

function roundLinear(
  values: Float32Array,
  columns: number,
  gram: Float32Array | undefined,
): QuantizedTensor & Partial<CompensatedTensor> {
  const rounded = quantizeLinear(values, columns);
  return gram === undefined ? rounded : compensateRounding(values, rounded, factorizeInputs(gram));
}

function measureError(
  values: Float32Array,
  quantized: QuantizedTensor,
): { relativeError: number; sqnrDb: number; largestError: number } {
  const found = dequantizeChannels(quantized);
  let [signal, noise, largestError] = [0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = at(values, i);
    const error = at(found, i) - value;
    signal += value ** 2;
    noise += error ** 2;
    largestError = Math.max(largestError, Math.abs(error));
  }
  const relativeError = signal === 0 ? 0 : Math.sqrt(noise / signal);
  return { relativeError, sqnrDb: -20 * Math.log10(relativeError), largestError };
}

function countParameters({ shapes }: Checkpoint): number {
  return [...shapes.values()].reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
}
