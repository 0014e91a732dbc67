import type { PackedBatch } from '../../batch/packed-batch.ts';
import type { Checkpoint } from '../files/checkpoint.ts';
import { labelRows } from '../checkpoint/config/label-head.ts';
import { labelHead, outerTensors } from '../checkpoint/tensors.ts';
import { type BlockPieces, type Layer, readLayer, runBlock } from './block-pieces.ts';
import { rowEnds } from './calibration.ts';

/** The residual stream of each batch. [T, width] each */
export type Streams = Float32Array[];

export async function embedBatches(
  checkpoint: Checkpoint,
  batches: readonly PackedBatch[],
): Promise<Streams> {
  const { width } = checkpoint.blueprint;
  const embedding = await checkpoint.readTensor(outerTensors.embedding.name);
  return batches.map(({ ids }) => {
    const x = new Float32Array(ids.length * width);
    ids.forEach((id, at) => x.set(embedding.subarray(id * width, (id + 1) * width), at * width));
    return x;
  });
}

/** What turns the last token's stream into the two label logits. */
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
  const [yes = new Float32Array(), no = new Float32Array()] = labelRows(head, blueprint, labelIds);
  return {
    norm: await checkpoint.readTensor(outerTensors.finalNorm.name),
    labels: [yes, no],
    epsilon: blueprint.normEpsilon,
  };
}

/** Logit of yes minus logit of no, for every row of every batch. */
export function readMargins(
  head: LabelHead,
  batches: readonly PackedBatch[],
  streams: Streams,
): readonly number[] {
  const width = head.norm.length;
  return batches.flatMap((batch, index) =>
    rowEnds(batch).map((end) => {
      const x = streams[index]?.subarray(end * width, (end + 1) * width) ?? new Float32Array(0);
      return readMargin(head, x);
    }),
  );
}

function readMargin({ norm, labels: [yes, no], epsilon }: LabelHead, x: Float32Array): number {
  let [squares, margin] = [0, 0];
  x.forEach((value, i) => {
    squares += value * value;
    margin += value * (norm[i] ?? 0) * ((yes[i] ?? 0) - (no[i] ?? 0));
  });
  return margin / Math.sqrt(squares / x.length + epsilon);
}

/** Takes streams through all layers of a checkpoint, in place. */
export async function runLayers(
  pieces: BlockPieces,
  checkpoint: Checkpoint,
  batches: readonly PackedBatch[],
  streams: Streams,
): Promise<void> {
  for (let index = 0; index < checkpoint.blueprint.layers; index++) {
    await runLayer(pieces, await readLayer(checkpoint, index), batches, streams);
  }
}

export async function runLayer(
  pieces: BlockPieces,
  layer: Layer,
  batches: readonly PackedBatch[],
  streams: Streams,
): Promise<void> {
  for (const [index, batch] of batches.entries()) {
    streams[index] = await runBlock(pieces, batch, streams[index] ?? new Float32Array(0), layer);
  }
}

/** How far answers moved: mean KL divergence of p(yes) in nats, and mean change of the margin. */
export interface Drift {
  readonly divergence: number;
  readonly marginChange: number;
}

/** Of answers by their margins, before and after. */
export function measureDrift(before: readonly number[], after: readonly number[]): Drift {
  const mean = (of: (b: number, a: number) => number) =>
    before.reduce((sum, margin, i) => sum + of(margin, after[i] ?? NaN), 0) / before.length;
  return {
    divergence: mean(divergence),
    marginChange: mean((b, a) => Math.abs(a - b)),
  };
}

/** KL of Bernoulli distributions by their logits. */
function divergence(p: number, q: number): number {
  const yes = 1 / (1 + Math.exp(-p));
  // log p(yes) = -softplus(-logit), log p(no) = -softplus(logit)
  return yes * (softplus(-q) - softplus(-p)) + (1 - yes) * (softplus(q) - softplus(p));
}

function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
