import type { CheckpointFile } from './checkpoint-file.ts';
import { dequantize } from './dequantize.ts';
import { quote, refuse, within } from './refuse.ts';
import { countValues, type StoredTensor, tensorStorage } from './tensor-type.ts';

/** About as many bytes are read at a time, so that a tensor costs its fp32 size and little more. */
const chunkBytes = 4 * 1024 * 1024;

/** A whole tensor as fp32, row-major. The caller owns the array. Numbers that are not finite are refused. */
export async function readValues(
  source: CheckpointFile,
  tensor: StoredTensor,
): Promise<Float32Array> {
  const { blockBytes, blockValues } = tensorStorage[tensor.type];
  const values = new Float32Array(countValues(tensor.shape));
  const step = Math.floor(chunkBytes / blockBytes) * blockBytes;
  const chunk = new Uint8Array(Math.min(step, tensor.byteLength));
  for (let at = 0; at < tensor.byteLength; at += step) {
    const bytes = chunk.subarray(0, Math.min(step, tensor.byteLength - at));
    await source.readInto(bytes, tensor.offset + at);
    const first = (at / blockBytes) * blockValues;
    const count = (bytes.length / blockBytes) * blockValues;
    dequantize(tensor.type, bytes, values.subarray(first, first + count));
  }
  const odd = values.findIndex((value) => !Number.isFinite(value));
  if (odd >= 0) {
    const where = within(source.name, `tensor ${quote(tensor.name)}`);
    refuse(where, `value ${odd}`, String(values[odd]), 'finite numbers');
  }
  return values;
}
