import type { Blueprint } from '../../model/manifest.ts';
import type { Checkpoint } from '../files/checkpoint.ts';
import { type Layer, openBlockPieces, readLayer, tensorOf } from '../calibrate/block-pieces.ts';
import { batchRows, type CalibrationTemplate, readCalibration } from '../calibrate/calibration.ts';
import { embedBatches } from '../calibrate/streams.ts';
import { migrations, shareByKeyHead, smoothingFactors } from './channel-factors.ts';
import { type LayerFactors } from './fold-factors.ts';
import { type InputKind, inputKinds } from '../graph/layer-inputs.ts';
import { readersWithin } from '../checkpoint/tensors.ts';
import { meanRowError, openProducts, type Product, type Products } from './quantized-product.ts';
import { type InputSamples, sampleInputs } from '../calibrate/sample-inputs.ts';

export interface SmoothOptions {
  /** JSON lines {query, title?, text}. */
  readonly calibrate: string;
  /** Lines take them in turn. */
  readonly templates: readonly CalibrationTemplate[];
  readonly tokens: number;
  readonly rowTokens: number;
  readonly seed: number;
  readonly threads: number;
  /** Layers done, of how many. */
  readonly onProgress: (done: number, total: number) => void;
}

/** What was chosen for one input of one layer. Errors as `meanRowError` has them, on calibration rows. */
export interface SmoothedInput {
  readonly layer: number;
  readonly kind: InputKind;
  /** undefined: left alone, since nothing tried was better. */
  readonly migration: number | undefined;
  readonly before: number;
  readonly after: number;
}

/** X^T X of every input of a layer, its channels scaled. [channels, channels] each */
export type LayerGrams = Readonly<Record<InputKind, Float32Array>>;

export interface Smoothing {
  readonly factors: readonly LayerFactors[];
  /** By layer. */
  readonly grams: readonly LayerGrams[];
  readonly inputs: readonly SmoothedInput[];
  readonly rows: number;
  readonly tokens: number;
}

/** Of the outputs, one in so many is looked at: the error is a mean over them. */
const outputStride = 4;

/**
 * Factors for every input of every layer: those of `migrations` that leave the product in 8 bits nearest to the product of
 * floats on calibration rows.
 *
 * @throws DataError or RankError for calibration rows that cannot be used.
 */
export async function chooseFactors(
  checkpoint: Checkpoint,
  tokenizerPath: string,
  options: SmoothOptions,
): Promise<Smoothing> {
  const { blueprint } = checkpoint;
  const { rows } = await readCalibration({
    ...options,
    file: options.calibrate,
    tokenizerPath,
    rowTokens: Math.min(options.rowTokens, blueprint.rowTokens),
  });
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
      const chosen = await chooseForLayer(products, layer, { blueprint, samples });
      factors.push(chosen.factors);
      grams.push(scaleGrams(samples, chosen.factors));
      inputs.push(...chosen.inputs.map((each) => ({ layer: index, ...each })));
      options.onProgress(index + 1, blueprint.layers);
    }
  } finally {
    await pieces.close();
    await products.close();
  }
  const tokens = rows.reduce((sum, row) => sum + row.length, 0);
  return { factors, grams, inputs, rows: rows.length, tokens };
}

/** In place. */
function scaleGrams(samples: InputSamples, factors: LayerFactors): LayerGrams {
  const scaled = (kind: InputKind) => {
    const { gram, size } = samples[kind];
    const divisors = factors[kind];
    if (divisors !== undefined) {
      gram.forEach((value, i) => {
        const row = divisors[Math.floor(i / size.channels)] ?? NaN;
        gram[i] = value / row / (divisors[i % size.channels] ?? NaN);
      });
    }
    return gram;
  };
  return { qkv: scaled('qkv'), o: scaled('o'), gateUp: scaled('gateUp'), down: scaled('down') };
}

async function chooseForLayer(
  products: Products,
  layer: Layer,
  { blueprint, samples }: { blueprint: Blueprint; samples: InputSamples },
): Promise<{ factors: LayerFactors; inputs: Omit<SmoothedInput, 'layer'>[] }> {
  const factors: Partial<Record<InputKind, Float32Array>> = {};
  const inputs: Omit<SmoothedInput, 'layer'>[] = [];
  for (const kind of inputKinds) {
    const weights = readersWithin(kind).map((name) => tensorOf(layer, name).data);
    const { maxima, rows, size } = samples[kind];
    const product = { rows, inputs: size.channels, weights: thinOut(weights, size.channels) };
    const measure = await measureFrom(products, product);
    const before = await measure(undefined);
    let best: Omit<SmoothedInput, 'layer'> = { kind, migration: undefined, before, after: before };
    for (const migration of migrations) {
      const found = smoothingFactors({ maxima, weights }, migration);
      const tried = kind === 'o' ? shareByKeyHead(found, blueprint) : found;
      const after = await measure(tried);
      if (after < best.after) {
        best = { kind, migration, before, after };
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

/** One output channel in `outputStride`, of all matrices one after the other. */
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
