import { CheckpointFile } from './checkpoint-file.ts';
import { asObject, type JsonObject, parseJsonObject } from './limited-json.ts';
import { quote, refuse, within } from './checkpoint.ts';
import { countValues, type StoredTensor, type TensorType, tensorStorage } from './tensor-type.ts';

/** An open safetensors file and the place of each tensor in it. */
export interface SafetensorsFile {
  readonly source: CheckpointFile;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** The element types that are read. The header has them under the same names. */
const dtypes: readonly TensorType[] = ['F32', 'F16', 'BF16', 'I8'];

/** The header starts after its own length. */
const lengthBytes = 8;
/** Room for 100,000 tensors at about 150 bytes each; supported models have under 4,000. */
const maxHeaderBytes = 16 * 1024 * 1024;
/** The levels are header, tensor and shape. */
const headerDepth = 3;
const maxDimensions = 4;

/**
 * Opens a file and parses its header. The caller closes the source.
 *
 * @throws CheckpointError
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const source = await CheckpointFile.open(path);
  try {
    return { source, tensors: parseHeader(source) };
  } catch (error) {
    await source.close();
    throw error;
  }
}

function parseHeader(source: CheckpointFile): ReadonlyMap<string, StoredTensor> {
  const declared = source.readNow(0, lengthBytes).readBigUInt64LE();
  const allowed = Math.min(maxHeaderBytes, source.bytes - lengthBytes);
  if (declared > BigInt(allowed)) {
    refuse(source.name, 'the header length', declared, `at most ${allowed} bytes`);
  }
  const headerBytes = Number(declared);
  const where = within(source.name, 'header');
  const header = parseJsonObject(source.readNow(lengthBytes, headerBytes), where, headerDepth);
  const dataStart = lengthBytes + headerBytes;
  const tensors = [...header]
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => parseEntry(name, entry, source.name));
  assertTiled(tensors, source, dataStart);
  return new Map(
    tensors.map((tensor) => [tensor.name, { ...tensor, offset: dataStart + tensor.offset }]),
  );
}

/** The returned offset counts from the start of the data section. */
function parseEntry(name: string, value: unknown, file: string): StoredTensor {
  const where = within(file, `tensor ${quote(name)}`);
  const entry = asObject(value, where);
  const type = parseDtype(entry, where);
  const shape = parseShape(entry.get('shape'), where);
  const [begin, end] = parseOffsets(entry.get('data_offsets'), where);
  const byteLength = countValues(shape) * tensorStorage[type].blockBytes;
  if (end - begin !== byteLength) {
    const allowed = `${byteLength} bytes for ${type} [${shape.join(', ')}]`;
    refuse(where, 'the length by data_offsets', end - begin, allowed);
  }
  return { name, type, shape, offset: begin, byteLength };
}

function parseDtype(entry: JsonObject, where: string): TensorType {
  const found = entry.get('dtype');
  const known = dtypes.find((dtype) => dtype === found);
  return known ?? refuse(where, 'dtype', found, dtypes.join(', '));
}

function parseShape(found: unknown, where: string): readonly number[] {
  const shape = asCounts(found, where, 'shape');
  if (shape.length < 1 || shape.length > maxDimensions) {
    refuse(where, 'the number of dimensions', shape.length, `1 to ${maxDimensions}`);
  }
  if (shape.includes(0) || !Number.isSafeInteger(countValues(shape))) {
    refuse(where, 'shape', shape, 'positive dimensions with a product below 2^53');
  }
  return shape;
}

function parseOffsets(found: unknown, where: string): readonly [number, number] {
  const [begin, end, ...rest] = asCounts(found, where, 'data_offsets');
  if (begin === undefined || end === undefined || rest.length > 0 || begin > end) {
    return refuse(where, 'data_offsets', found, 'two offsets, ascending');
  }
  return [begin, end];
}

function asCounts(found: unknown, where: string, what: string): readonly number[] {
  if (!Array.isArray(found) || !found.every(isCount)) {
    return refuse(where, what, found, 'an array of integers from 0 to 2^53 - 1');
  }
  return found;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** The format requires that tensors cover the data section without overlaps or gaps. */
function assertTiled(
  tensors: readonly StoredTensor[],
  source: CheckpointFile,
  dataStart: number,
): void {
  let end = 0;
  for (const { name, offset, byteLength } of tensors.toSorted((a, b) => a.offset - b.offset)) {
    if (offset !== end) {
      const where = within(source.name, `tensor ${quote(name)}`);
      refuse(where, 'the first data offset', offset, `${end}, where the tensor before ends`);
    }
    end += byteLength;
  }
  const dataBytes = source.bytes - dataStart;
  if (end !== dataBytes) {
    refuse(source.name, 'the end of the last tensor', end, `${dataBytes}, the data section's size`);
  }
}
