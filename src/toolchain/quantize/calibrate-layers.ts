import { at } from '../../base/at.ts';
import type { Blueprint } from '../../model/manifest.ts';
import type { Checkpoint } from '../files/checkpoint.ts';
import { type Layer, openBlockPieces, readLayer, tensorOf } from '../calibrate/block-pieces.ts';
import {
  batchRows,
  type CalibrationOptions,
  countTokens,
  readCalibration,
} from '../calibrate/calibration.ts';
import { embedBatches } from '../calibrate/streams.ts';
import { migrations, shareByKeyHead, smoothingFactors } from './channel-factors.ts';
import { type LayerFactors } from './fold-factors.ts';
import { type InputKind, inputKinds } from '../graph/layer-inputs.ts';
import { readersWithin } from '../checkpoint/config/tensors.ts';
import { meanRowError, openProducts, type Product, type Products } from './quantized-product.ts';
import { type InputSamples, sampleInputs } from '../calibrate/sample-inputs.ts';

export interface LayerCalibrationOptions extends CalibrationOptions {
  readonly threads: number;
  readonly onProgress: (layersDone: number, layers: number) => void;
}

/** What was chosen for one input of one layer. Errors are `meanRowError` on calibration rows. */
export interface SmoothedInput {
  readonly layer: number;
  readonly kind: InputKind;
  /** Undefined when the input is left alone because no exponent made the error smaller. */
  readonly migration: number | undefined;
  readonly before: number;
  readonly after: number;
}

/** X^T X of every input of a layer, after its channels are scaled. [channels, channels] each */
type LayerGrams = Readonly<Record<InputKind, Float32Array>>;

export interface LayerCalibration {
  /** By layer. */
  readonly factors: readonly LayerFactors[];
  /** By layer. */
  readonly grams: readonly LayerGrams[];
  readonly inputs: readonly SmoothedInput[];
  readonly rows: number;
  readonly tokens: number;
}

/** The error is measured on every fourth output channel: it is a mean over them. */
const outputStride = 4;

/**
 * Runs calibration rows through every layer. For each input it chooses the channel factors of
 * `migrations` with which the 8-bit product is nearest to the product of floats, and sums X^T X,
 * which compensated rounding needs.
 *
 * @throws RankError for calibration rows that cannot be used.
 */
export async function calibrateLayers(
  checkpoint: Checkpoint,
  tokenizerPath: string,
  options: LayerCalibrationOptions,
): Promise<LayerCalibration> {
  const { blueprint } = checkpoint;
  const limits = { tokenizerPath, rowTokens: blueprint.rowTokens };
  const { rows } = await readCalibration(options, limits);
  const batches = batchRows(rows);
  const streams = await embedBatches(checkpoint, batches);
  const pieces = await openBlockPieces(blueprint, options.threads);
  const products = await openProducts(options.threads);
  const factors: LayerFactors[] = [];
  const grams: LayerGrams[] = [];
  const inputs: SmoothedInput[] = [];
  try {
    for (let index = 0; index < blueprint.layers; index++) {
      const layer = await readLayer(checkpoint, index);
      const samples = await sampleInputs(pieces, layer, { blueprint, batches, streams });
      const chosen = await chooseFactors(products, layer, { index, blueprint, samples });
      factors.push(chosen.factors);
      grams.push(scaleGrams(samples, chosen.factors));
      inputs.push(...chosen.inputs);
      options.onProgress(index + 1, blueprint.layers);
    }
  } finally {
    await pieces.close();
    await products.close();
  }
  return { factors, grams, inputs, rows: rows.length, tokens: countTokens(rows) };
}

/** Divides rows and columns of each X^T X by the channel factors, in place. */
function scaleGrams(samples: InputSamples, factors: LayerFactors): LayerGrams {
  const scaled = (kind: InputKind) => {
    const { gram, size } = samples[kind];
    const divisors = factors[kind];
    if (divisors !== undefined) {
      gram.forEach((value, i) => {
        const row = at(divisors, Math.floor(i / size.channels));
        gram[i] = value / row / at(divisors, i % size.channels);
      });
    }
    return gram;
  };
  return { qkv: scaled('qkv'), o: scaled('o'), gateUp: scaled('gateUp'), down: scaled('down') };
}

async function chooseFactors(
  products: Products,
  layer: Layer,
  { index, blueprint, samples }: { index: number; blueprint: Blueprint; samples: InputSamples },
): Promise<{ factors: LayerFactors; inputs: readonly SmoothedInput[] }> {
  const factors: Partial<Record<InputKind, Float32Array>> = {};
  const inputs: SmoothedInput[] = [];
  for (const kind of inputKinds) {
    const weights = readersWithin(kind).map((name) => tensorOf(layer, name).data);
    const { maxima, rows, size } = samples[kind];
    const product = { rows, inputs: size.channels, weights: thinOut(weights, size.channels) };
    const measure = await measureFrom(products, product);
    const before = await measure(undefined);
    let best: SmoothedInput = { layer: index, kind, migration: undefined, before, after: before };
    for (const migration of migrations) {
      const found = smoothingFactors({ maxima, weights }, migration);
      const tried = kind === 'o' ? shareByKeyHead(found, blueprint) : found;
      const after = await measure(tried);
      if (after < best.after) {
        best = { layer: index, kind, migration, before, after };
        factors[kind] = tried;
      }
    }
    inputs.push(best);
  }
  return { factors, inputs };
}

async function measureFrom(
  products: Products,
  product: Product,
): Promise<(factors: Float32Array | undefined) => Promise<number>> {
  const exact = await products.exact(product);
  const rows = product.rows.length / product.inputs;
  return async (factors) => meanRowError(exact, await products.rounded(product, factors), rows);
}

/** Every `outputStride`-th output channel of the matrices, concatenated. */
function thinOut(matrices: readonly Float32Array[], columns: number): Float32Array {
  const rows = matrices.flatMap((values) =>
    Array.from({ length: Math.ceil(values.length / columns / outputStride) }, (_, i) =>
      values.subarray(i * outputStride * columns, (i * outputStride + 1) * columns),
    ),
  );
  const thin = new Float32Array(rows.length * columns);
  rows.forEach((row, i) => thin.set(row, i * columns));
  return thin;
}
