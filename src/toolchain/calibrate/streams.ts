import { at } from '../../base/at.ts';
import type { MaskedBatch } from '../../batch/layouts/masked/masked-batch.ts';
import type { Checkpoint } from '../files/checkpoint.ts';
import { labelRows } from '../checkpoint/config/label-head.ts';
import { labelHead, outerTensors } from '../checkpoint/config/tensors.ts';
import { type BlockPieces, type Layer, readLayer, runBlock } from './block-pieces.ts';
import { rowEnds } from './calibration.ts';

/** The residual stream of each batch. Functions that run layers replace them. [T, width] each */
export type Streams = Float32Array[];

export async function embedBatches(
  checkpoint: Checkpoint,
  batches: readonly MaskedBatch[],
): Promise<Streams> {
  const { width } = checkpoint.blueprint;
  const embedding = await checkpoint.readTensor(outerTensors.embedding.name);
  return batches.map(({ ids }) => {
    const x = new Float32Array(ids.length * width);
    ids.forEach((id, token) => {
      x.set(embedding.subarray(id * width, (id + 1) * width), token * width);
    });
    return x;
  });
}

/** The final norm and the label rows: from the last token's stream to the two label logits. */
export interface LabelHead {
  readonly norm: Float32Array;
  readonly labels: readonly [yes: Float32Array, no: Float32Array];
  readonly epsilon: number;
}

export async function readLabelHead(
  checkpoint: Checkpoint,
  labelIds: readonly [yes: number, no: number],
): Promise<LabelHead> {
  const { blueprint } = checkpoint;
  const head = await checkpoint.readTensor(labelHead(blueprint).name);
  const rows = labelRows(head, blueprint, labelIds);
  return {
    norm: await checkpoint.readTensor(outerTensors.finalNorm.name),
    labels: [at(rows, 0), at(rows, 1)],
    epsilon: blueprint.normEpsilon,
  };
}

/** Logit of yes minus logit of no, for every row of every batch. */
export function readMargins(
  head: LabelHead,
  batches: readonly MaskedBatch[],
  streams: Streams,
): readonly number[] {
  const width = head.norm.length;
  return batches.flatMap((batch, index) =>
    rowEnds(batch).map((end) => {
      const x = at(streams, index).subarray(end * width, (end + 1) * width);
      return readMargin(head, x);
    }),
  );
}

function readMargin({ norm, labels: [yes, no], epsilon }: LabelHead, x: Float32Array): number {
  let [squares, margin] = [0, 0];
  x.forEach((value, i) => {
    squares += value * value;
    margin += value * at(norm, i) * (at(yes, i) - at(no, i));
  });
  return margin / Math.sqrt(squares / x.length + epsilon);
}

/** Runs streams through all layers of a checkpoint, in place. */
export async function runLayers(
  pieces: BlockPieces,
  checkpoint: Checkpoint,
  batches: readonly MaskedBatch[],
  streams: Streams,
): Promise<void> {
  for (let index = 0; index < checkpoint.blueprint.layers; index++) {
    await runLayer(pieces, await readLayer(checkpoint, index), batches, streams);
  }
}

/** Runs streams through one layer, in place. */
export async function runLayer(
  pieces: BlockPieces,
  layer: Layer,
  batches: readonly MaskedBatch[],
  streams: Streams,
): Promise<void> {
  for (const [index, batch] of batches.entries()) {
    streams[index] = await runBlock(pieces, batch, at(streams, index), layer);
  }
}

/** How much answers changed. */
export interface Drift {
  /** Mean KL divergence of p(yes), in nats. */
  readonly divergence: number;
  /** Mean absolute change of the margin. */
  readonly marginChange: number;
}

/** Compares margins before and after. */
export function measureDrift(before: readonly number[], after: readonly number[]): Drift {
  const mean = (of: (b: number, a: number) => number) =>
    before.reduce((sum, margin, i) => sum + of(margin, at(after, i)), 0) / before.length;
  return {
    divergence: mean(divergence),
    marginChange: mean((b, a) => Math.abs(a - b)),
  };
}

/** KL divergence of two Bernoulli distributions, given as logits. */
function divergence(p: number, q: number): number {
  const yes = 1 / (1 + Math.exp(-p));
  // log p(yes) = -softplus(-logit), log p(no) = -softplus(logit)
  return yes * (softplus(-q) - softplus(-p)) + (1 - yes) * (softplus(q) - softplus(p));
}

function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
