import type { PackedBatch } from '../../batch/packed-batch.ts';
import { type BlockPieces, type Layer, tensorOf } from '../calibrate/block-pieces.ts';
import type { Statistics } from '../numerics/least-squares.ts';
import { type Matrix, zeros } from '../numerics/linear-algebra.ts';
import type { Streams } from '../calibrate/streams.ts';

/** Half a block: something computed of the residual stream, and a linear layer that adds it back. */
export interface Half {
  readonly weight: 'self_attn.o_proj.weight' | 'mlp.down_proj.weight';
  /** What the linear layer reads. */
  inputs(
    pieces: BlockPieces,
    of: { batch: PackedBatch; x: Float32Array; layer: Layer },
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

/** The calibration rows on their way through two models at once. Streams are replaced as the layers go by. */
export interface Passage {
  readonly batches: readonly PackedBatch[];
  readonly dense: Streams;
  readonly pruned: Streams;
  /** A batch has been run. */
  readonly onBatch: () => void;
}

const empty = new Float32Array(0);

/** Takes streams through half a layer, in place. */
export async function runHalf(
  half: Half,
  pieces: BlockPieces,
  layer: Layer,
  { batches, streams }: { batches: readonly PackedBatch[]; streams: Streams },
): Promise<void> {
  for (const [index, batch] of batches.entries()) {
    const x = streams[index] ?? empty;
    const inputs = await half.inputs(pieces, { batch, x, layer });
    streams[index] = await pieces.apply(x, inputs, tensorOf(layer, half.weight));
  }
}

/**
 * The least-squares sums of a half: inputs as the pruned model has them so far, outputs that would bring its stream to
 * where the dense model's is. Takes the dense streams on through the half; the pruned ones wait for the new weights.
 */
export async function collectSums(
  half: Half,
  pieces: BlockPieces,
  layer: Layer,
  passage: Passage,
): Promise<Statistics> {
  const weight = tensorOf(layer, half.weight);
  const [width = 0, inputs = 0] = weight.dims;
  const sums = new Sums(inputs, width);
  for (const [index, batch] of passage.batches.entries()) {
    const [x, changed] = [passage.dense[index] ?? empty, passage.pruned[index] ?? empty];
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

/** Batches' sums in doubles: fp32 within a batch of a thousand tokens, and no further. */
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
      row[c] = (row[c] ?? 0) + (values[start + c] ?? 0);
    }
  });
}

function subtract(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((value, i) => value - (b[i] ?? 0));
}
