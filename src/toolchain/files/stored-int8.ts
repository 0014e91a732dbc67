import { type CheckpointFile, readValues } from './checkpoint-file.ts';
import { dequantizeChannels, type QuantizedTensor } from '../numerics/quantize-channels.ts';
import { quote, refuse, within } from './checkpoint.ts';
import type { StoredTensor } from './tensor-type.ts';

/**
 * The `quant_method` of the compact form of a checkpoint, a Hugging Face folder with int8 matrices.
 * A matrix `NAME` [out, in] is stored as I8, and its weights are integer x scale with `NAME.scale`
 * F32 [out]. Rows that are kept in floats are stored as `NAME.row.INDEX` F32 [in] and replace the
 * integers. `config.json` has `quantization_config: { quant_method: "slmrank-int8" }`, so that no
 * library mistakes the integers for weights.
 */
export const int8Method = 'slmrank-int8';

/** A tensor and the file that holds it. */
interface LocatedTensor {
  readonly source: CheckpointFile;
  readonly tensor: StoredTensor;
}
export type StoredTensors = ReadonlyMap<string, LocatedTensor>;

export const scaleName = (name: string) => `${name}.scale`;
export const rowName = (name: string, row: number) => `${name}.row.${row}`;

/**
 * The names of the tensors that belong to an I8 tensor: its scales and its rows in floats.
 *
 * @throws CheckpointError when the scales are missing or have another form.
 */
export function int8Companions(name: string, tensors: StoredTensors): readonly string[] {
  const found = tensors.get(name);
  if (found?.tensor.type !== 'I8') {
    return [];
  }
  const [rows = 0, columns = 0] = found.tensor.shape;
  assertForm(scaleName(name), tensors, rows, found.source);
  const kept = wholeRows(name, tensors);
  for (const { row, name: companion } of kept) {
    assertForm(companion, tensors, columns, found.source);
    if (row >= rows) {
      refuse(
        within(found.source.name, `tensor ${quote(companion)}`),
        'the row',
        row,
        `below ${rows}`,
      );
    }
  }
  return [scaleName(name), ...kept.map((each) => each.name)];
}

/** Reads an I8 tensor as fp32. The caller owns the array. */
export async function readDequantized(name: string, tensors: StoredTensors): Promise<Float32Array> {
  const stored = await readInt8(name, tensors);
  const columns = stored.values.length / stored.scales.length;
  const values = dequantizeChannels(stored);
  for (const { row, name: companion } of wholeRows(name, tensors)) {
    const whole = tensors.get(companion);
    if (whole !== undefined) {
      values.set(await readValues(whole.source, whole.tensor), row * columns);
    }
  }
  return values;
}

/** Reads the integers as they are stored; rows kept in floats are in their rounded form. */
export async function readInt8(name: string, tensors: StoredTensors): Promise<QuantizedTensor> {
  const found = tensors.get(name);
  const scale = tensors.get(scaleName(name));
  if (found === undefined || scale === undefined) {
    return refuse(name, 'the tensor', undefined, 'an I8 tensor with its scales');
  }
  const values = new Int8Array(found.tensor.byteLength);
  await found.source.readInto(new Uint8Array(values.buffer), found.tensor.offset);
  const scales = await readValues(scale.source, scale.tensor);
  const odd = scales.findIndex((each) => !(each > 0));
  if (odd >= 0) {
    const where = within(scale.source.name, `tensor ${quote(scaleName(name))}`);
    refuse(where, `scale ${odd}`, scales[odd], 'numbers above 0');
  }
  return { values, scales };
}

function wholeRows(name: string, tensors: StoredTensors): { row: number; name: string }[] {
  const start = `${name}.row.`;
  return [...tensors.keys()]
    .filter((each) => each.startsWith(start) && /^\d{1,9}$/.test(each.slice(start.length)))
    .map((each) => ({ row: Number(each.slice(start.length)), name: each }));
}

function assertForm(
  name: string,
  tensors: StoredTensors,
  length: number,
  { name: file }: CheckpointFile,
) {
  const tensor = tensors.get(name)?.tensor;
  const found = tensor && `${tensor.type} [${tensor.shape.join(', ')}]`;
  if (found !== `F32 [${length}]`) {
    refuse(within(file, `tensor ${quote(name)}`), 'the form', found, `F32 [${length}]`);
  }
}
