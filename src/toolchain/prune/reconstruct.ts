import { at } from '../../base/at.ts';
import type { MaskedBatch } from '../../batch/layouts/masked/masked-batch.ts';
import { type BlockPieces, type Layer, tensorOf } from '../calibrate/block-pieces.ts';
import type { Statistics } from '../numerics/least-squares.ts';
import { type Matrix, zeros } from '../numerics/linear-algebra.ts';
import type { Streams } from '../calibrate/streams.ts';

/**
 * Half a block: a function of the residual stream, and the linear layer that adds its result back.
 */
export interface Half {
  readonly weight: 'self_attn.o_proj.weight' | 'mlp.down_proj.weight';
  /** The input of the linear layer. */
  inputs(
    pieces: BlockPieces,
    of: { batch: MaskedBatch; x: Float32Array; layer: Layer },
  ): Promise<Float32Array>;
}

export const attentionHalf: Half = {
  weight: 'self_attn.o_proj.weight',
  inputs: (pieces, { batch, x, layer }) => pieces.attention(batch, x, layer),
};

export const mlpHalf: Half = {
  weight: 'mlp.down_proj.weight',
  inputs: (pieces, { x, layer }) => pieces.hidden(x, layer),
};

/** The calibration rows in both models at once. Each layer replaces the streams. */
export interface Passage {
  readonly batches: readonly MaskedBatch[];
  readonly dense: Streams;
  readonly pruned: Streams;
  /** Called after each batch of a half. */
  readonly onBatch: () => void;
}

/** Runs streams through half a layer, in place. */
export async function runHalf(
  half: Half,
  pieces: BlockPieces,
  layer: Layer,
  { batches, streams }: { batches: readonly MaskedBatch[]; streams: Streams },
): Promise<void> {
  for (const [index, batch] of batches.entries()) {
    const x = at(streams, index);
    const inputs = await half.inputs(pieces, { batch, x, layer });
    streams[index] = await pieces.apply(x, inputs, tensorOf(layer, half.weight));
  }
}

/**
 * The least-squares sums of a half. Inputs are those of the pruned model so far; outputs are what
 * would bring its stream to the dense model's. Runs the dense streams through the half; the pruned
 * streams follow once the new weights are known.
 */
export async function collectSums(
  half: Half,
  pieces: BlockPieces,
  layer: Layer,
  passage: Passage,
): Promise<Statistics> {
  const weight = tensorOf(layer, half.weight);
  const sums = new Sums(at(weight.dims, 1), at(weight.dims, 0));
  for (const [index, batch] of passage.batches.entries()) {
    const [x, changed] = [at(passage.dense, index), at(passage.pruned, index)];
    const read = await half.inputs(pieces, { batch, x, layer });
    const after = await pieces.apply(x, read, weight);
    const seen = await half.inputs(pieces, { batch, x: changed, layer });
    const y = subtract(after, changed);
    sums.add(await pieces.sums(seen, y), y);
    passage.dense[index] = after;
    passage.onBatch();
  }
  return sums;
}

/** Sums over batches in doubles; only within a batch of about a thousand tokens are they fp32. */
class Sums implements Statistics {
  readonly gram: Matrix;
  readonly cross: Matrix;
  energy = 0;

  constructor(inputs: number, width: number) {
    this.gram = zeros(inputs, inputs);
    this.cross = zeros(inputs, width);
  }

  add({ gram, cross }: { gram: Float32Array; cross: Float32Array }, y: Float32Array): void {
    addFlat(this.gram, gram);
    addFlat(this.cross, cross);
    for (const value of y) {
      this.energy += value * value;
    }
  }
}

function addFlat(matrix: Matrix, values: Float32Array): void {
  matrix.forEach((row, i) => {
    const start = i * row.length;
    for (let c = 0; c < row.length; c++) {
      row[c] = at(row, c) + at(values, start + c);
    }
  });
}

function subtract(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((value, i) => value - at(b, i));
}
