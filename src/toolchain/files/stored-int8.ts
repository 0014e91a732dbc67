import { type CheckpointFile, readValues } from './checkpoint-file.ts';
import { dequantizeChannels, type QuantizedTensor } from '../numerics/quantize-channels.ts';
import { quote, refuse, within } from './checkpoint.ts';
import type { StoredTensor } from './tensor-type.ts';

/**
 * The compact form of a checkpoint, beside what Hugging Face folders have. A matrix `NAME` [out, in] is I8; its weights are
 * integer x scale, by `NAME.scale` F32 [out]; rows that must stay whole stand as `NAME.row.INDEX` F32 [in] and take the
 * place of theirs. `config.json` says `quantization_config: { quant_method: "slmrank-int8" }`, so that no library takes the
 * integers for weights.
 */
export const int8Method = 'slmrank-int8';

/** A tensor and the file that holds it. */
export interface HeldTensor {
  readonly source: CheckpointFile;
  readonly tensor: StoredTensor;
}
export type HeldTensors = ReadonlyMap<string, HeldTensor>;

export const scaleName = (name: string) => `${name}.scale`;
export const rowName = (name: string, row: number) => `${name}.row.${row}`;

/** Names of what stands beside an I8 tensor. @throws CheckpointError when the scales are missing or of another form. */
export function int8Companions(name: string, held: HeldTensors): readonly string[] {
  const found = held.get(name);
  if (found?.tensor.type !== 'I8') {
    return [];
  }
  const [rows = 0, columns = 0] = found.tensor.shape;
  assertForm(scaleName(name), held, rows, found.source);
  const kept = wholeRows(name, held);
  for (const { row, name: kin } of kept) {
    assertForm(kin, held, columns, found.source);
    if (row >= rows) {
      refuse(within(found.source.name, `tensor ${quote(kin)}`), 'the row', row, `below ${rows}`);
    }
  }
  return [scaleName(name), ...kept.map((each) => each.name)];
}

/** The fp32 view. The caller owns the array. */
export async function readDequantized(name: string, held: HeldTensors): Promise<Float32Array> {
  const stored = await readInt8(name, held);
  const columns = stored.values.length / stored.scales.length;
  const values = dequantizeChannels(stored);
  for (const { row, name: kin } of wholeRows(name, held)) {
    const whole = held.get(kin);
    if (whole !== undefined) {
      values.set(await readValues(whole.source, whole.tensor), row * columns);
    }
  }
  return values;
}

/** As stored, rows kept whole in their rounded form. */
export async function readInt8(name: string, held: HeldTensors): Promise<QuantizedTensor> {
  const found = held.get(name);
  const scale = held.get(scaleName(name));
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

function wholeRows(name: string, held: HeldTensors): { row: number; name: string }[] {
  const start = `${name}.row.`;
  return [...held.keys()]
    .filter((each) => each.startsWith(start) && /^\d{1,9}$/.test(each.slice(start.length)))
    .map((each) => ({ row: Number(each.slice(start.length)), name: each }));
}

function assertForm(
  name: string,
  held: HeldTensors,
  length: number,
  { name: file }: CheckpointFile,
) {
  const tensor = held.get(name)?.tensor;
  const found = tensor && `${tensor.type} [${tensor.shape.join(', ')}]`;
  if (found !== `F32 [${length}]`) {
    refuse(within(file, `tensor ${quote(name)}`), 'the form', found, `F32 [${length}]`);
  }
}
