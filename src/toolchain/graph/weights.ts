import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Blueprint, Precision } from '../../model/manifest.ts';
import type { FileEntry } from '../../model/model-files.ts';
import { type Checkpoint, CheckpointError } from '../files/checkpoint.ts';
import { labelRows } from '../checkpoint/config/label-head.ts';
import { bodyTensors, labelHead, layerNames, outerTensors } from '../checkpoint/config/tensors.ts';
import type { Initializer } from './onnx/model-proto.ts';
import { WeightsFile } from './onnx/weights-file.ts';
import {
  findUnsafePair,
  pairLimit,
  type QuantizedTensor,
  quantizeLinear,
  quantizeTable,
} from '../numerics/quantize-channels.ts';
import { rotaryTables } from './rotary-tables.ts';
import { assertInputs, inputKinds, type LayerInput, readersOf } from './layer-inputs.ts';
import { TensorWriter } from './onnx/tensor-writer.ts';
import { transpose } from '../numerics/float-matrix.ts';
import { at } from '../../base/at.ts';
import { countValues } from '../files/tensor-type.ts';

/** Names of the graph's weights: the checkpoint's own, with linears stored [in, out]. */
export const weightNames = {
  embedding: outerTensors.embedding.name,
  finalNorm: outerTensors.finalNorm.name,
  /** The head's rows of yes and no, stored [width, 2]. */
  labels: 'labels',
  rotaryCos: 'rotary.cos',
  rotarySin: 'rotary.sin',
  /** The scales of int8 weights: one per output channel, or per row of the embedding. */
  scales: (weight: string) => `${weight}.scale`,
  layer: layerNames,
} as const;

/** A tensor to copy from the checkpoint into the graph. */
interface WeightPlan {
  readonly name: string;
  readonly shape: readonly number[];
  /** `labels` picks the two label rows and stores them as [in, 2]. */
  readonly store: 'as-is' | 'transposed' | 'labels';
}

interface WeightOptions {
  readonly precision: Precision;
  readonly floats: readonly LayerInput[];
  readonly labelIds: readonly [yes: number, no: number];
  readonly path: string;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

interface WrittenWeights {
  readonly initializers: readonly Initializer[];
  readonly file: FileEntry;
  /** Parameters of the whole model; a tied head counts once. */
  readonly parameters: number;
}

/**
 * Copies the weights into one file in the graph's precision, with one tensor in memory at a time.
 */
export async function writeWeights(
  checkpoint: Checkpoint,
  options: WeightOptions,
): Promise<WrittenWeights> {
  const plans = planWeights(checkpoint.blueprint);
  plans.forEach((plan) => assertShape(checkpoint, plan));
  assertSameForms(checkpoint);
  assertInputs(options.floats, checkpoint.blueprint.layers);
  const floats = new Set(options.floats.flatMap(readersOf));
  await mkdir(dirname(options.path), { recursive: true });
  const file = await WeightsFile.create(options.path);
  try {
    const writer = new TensorWriter(file, options.precision, checkpoint.files.join(', '));
    for (const [done, plan] of plans.entries()) {
      const isFloat = floats.has(plan.name) || checkpoint.staysFloat(plan.name);
      await copyWeight(checkpoint, plan, writer, { labelIds: options.labelIds, isFloat });
      options.onProgress?.(done + 1, plans.length);
    }
    await writeRotary(checkpoint.blueprint, writer);
    const parameters = new Map(plans.map(({ name, shape }) => [name, countValues(shape)]));
    return {
      initializers: writer.initializers,
      file: await file.finish(),
      parameters: [...parameters.values()].reduce((a, b) => a + b, 0),
    };
  } finally {
    await file.abandon();
  }
}

function planWeights(blueprint: Blueprint): readonly WeightPlan[] {
  return [
    ...bodyTensors(blueprint).map(({ name, shape, reads }): WeightPlan => {
      return { name, shape, store: reads === undefined ? 'as-is' : 'transposed' };
    }),
    { ...labelHead(blueprint), store: 'labels' },
  ];
}

function assertShape({ shapes, files }: Checkpoint, { name, shape }: WeightPlan): void {
  const found = shapes.get(name);
  if (found?.join() !== shape.join()) {
    throw new CheckpointError(
      `${files.join(', ')}: tensor ${name} is ` +
        `${found === undefined ? 'missing' : `[${found.join(', ')}]`}; ` +
        `the blueprint needs [${shape.join(', ')}]`,
    );
  }
}

/** Weights that read the same input must all be int8 or all be floats. */
function assertSameForms(checkpoint: Checkpoint): void {
  for (let layer = 0; layer < checkpoint.blueprint.layers; layer++) {
    for (const kind of inputKinds) {
      const names = readersOf({ layer, kind });
      if (new Set(names.map((name) => checkpoint.staysFloat(name))).size > 1) {
        const which = `${checkpoint.files.join(', ')}: ${names.join(', ')}`;
        throw new CheckpointError(`${which}: some int8, some floats; one form is needed`);
      }
    }
  }
}

async function copyWeight(
  checkpoint: Checkpoint,
  { name, shape, store }: WeightPlan,
  writer: TensorWriter,
  { labelIds, isFloat }: { labelIds: readonly number[]; isFloat: boolean },
): Promise<void> {
  const rounds = shape.length === 2 && store !== 'labels' && !isFloat;
  if (writer.precision === 'int8' && rounds) {
    await writer.writeInt8(
      { name, scales: weightNames.scales(name), isTransposed: store === 'transposed' },
      await quantize(checkpoint, { name, shape, store }),
    );
    return;
  }
  const values = await checkpoint.readTensor(name);
  if (store === 'labels') {
    const picked = labelRows(values, checkpoint.blueprint, labelIds);
    const width = at(shape, 1);
    const labels = transpose(concat(picked), picked.length, width);
    await writer.writePrecise(weightNames.labels, labels, [width, picked.length]);
  } else if (store === 'transposed') {
    const [rows, columns] = [at(shape, 0), at(shape, 1)];
    await writer.write(name, transpose(values, rows, columns), [columns, rows]);
  } else if (name === weightNames.finalNorm) {
    await writer.writePrecise(name, values, shape);
  } else {
    await writer.write(name, values, shape);
  }
}

/** Uses the checkpoint's own integers where it has them, because rounding twice adds error. */
async function quantize(
  checkpoint: Checkpoint,
  { name, shape, store }: WeightPlan,
): Promise<QuantizedTensor> {
  const columns = at(shape, 1);
  const stored = await checkpoint.readQuantized(name);
  if (stored === undefined) {
    const values = await checkpoint.readTensor(name);
    return store === 'transposed'
      ? quantizeLinear(values, columns)
      : quantizeTable(values, columns);
  }
  const unsafe = store === 'transposed' ? findUnsafePair(stored.values, columns) : undefined;
  if (unsafe !== undefined) {
    const [first, second] = [at(stored.values, unsafe), at(stored.values, unsafe + 1)];
    throw new CheckpointError(
      `${checkpoint.files.join(', ')}: tensor ${name}: weights ${unsafe} and ${unsafe + 1} are ` +
        `${first} and ${second}; together at most ${pairLimit} steps are multiplied exactly on ` +
        'every machine',
    );
  }
  return stored;
}

async function writeRotary(blueprint: Blueprint, writer: TensorWriter): Promise<void> {
  const { cos, sin, dims } = rotaryTables(blueprint);
  await writer.write(weightNames.rotaryCos, cos, dims);
  await writer.write(weightNames.rotarySin, sin, dims);
}

function concat(parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}
