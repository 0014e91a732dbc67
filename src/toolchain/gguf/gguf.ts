import { CheckpointFile } from '../files/checkpoint-file.ts';
import { GgufCursor } from './cursor.ts';
import { type DescribedFile, findNumber, type GgufMetadata, parseMetadata } from './metadata.ts';
import { nameGgmlType, readableTypes } from './ggml-types.ts';
import { quote, refuse, within } from '../files/checkpoint.ts';
import { countValues, type StoredTensor, tensorStorage } from '../files/tensor-type.ts';

/**
 * A GGUF file of version 2 or 3: its metadata and the place of each tensor. Values stay on disk.
 */
export interface GgufFile {
  readonly source: CheckpointFile;
  readonly version: number;
  readonly metadata: GgufMetadata;
  /** By GGUF name. Shapes are row-major, the reverse of the order in the file. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  close(): Promise<void>;
}

/** "GGUF", as a little-endian number. */
const magic = 0x46554747;
/** Supported architectures have at most 12 tensors per layer. */
const maxTensors = 65_536;
/** In bytes, as in GGML. */
const maxNameBytes = 64;
/** As in GGML. */
const maxDimensions = 4;
const defaultAlignment = 32;
/** In bytes: the largest memory page in use. */
const maxAlignment = 65_536;

/**
 * Opens a file and parses its header. The caller closes it.
 *
 * @throws CheckpointError
 */
export async function openGguf(path: string): Promise<GgufFile> {
  const source = await CheckpointFile.open(path);
  try {
    return { source, ...parseHeader(source), close: () => source.close() };
  } catch (error) {
    await source.close();
    throw error;
  }
}

function parseHeader(source: CheckpointFile): Pick<GgufFile, 'version' | 'metadata' | 'tensors'> {
  const cursor = new GgufCursor(source);
  const found = cursor.uint32();
  if (found !== magic) {
    refuse(source.name, 'the magic number', `0x${found.toString(16)}`, `0x${magic.toString(16)}`);
  }
  const version = cursor.uint32();
  if (version !== 2 && version !== 3) {
    refuse(source.name, 'the GGUF version', version, '2 or 3, little-endian');
  }
  const tensorCount = cursor.uint64();
  if (tensorCount > BigInt(maxTensors)) {
    refuse(source.name, 'the number of tensors', tensorCount, `at most ${maxTensors}`);
  }
  const metadata = parseMetadata(cursor, cursor.uint64());
  const alignment = parseAlignment({ source, metadata });
  const entries = Array.from({ length: Number(tensorCount) }, (_, index) =>
    readEntry(cursor, source, index),
  );
  const dataStart = Math.ceil(cursor.position / alignment) * alignment;
  return { version, metadata, tensors: placeTensors(entries, { source, dataStart, alignment }) };
}

function parseAlignment(gguf: DescribedFile): number {
  const alignment = findNumber(gguf, 'general.alignment') ?? defaultAlignment;
  if (alignment < 8 || alignment > maxAlignment || !Number.isInteger(Math.log2(alignment))) {
    const where = within(gguf.source.name, 'metadata "general.alignment"');
    refuse(where, 'the value', alignment, `a power of two from 8 to ${maxAlignment}`);
  }
  return alignment;
}

/** An entry of the tensor directory; its offset counts from the data section. */
interface Entry extends Omit<StoredTensor, 'offset'> {
  readonly dataOffset: bigint;
}

function readEntry(cursor: GgufCursor, source: CheckpointFile, index: number): Entry {
  cursor.where = within(source.name, `tensor ${index}`);
  const name = cursor.string(maxNameBytes);
  cursor.where = within(source.name, `tensor ${quote(name)}`);
  const shape = readShape(cursor, source.bytes);
  const typeNumber = cursor.uint32();
  const type = readableTypes.get(typeNumber);
  if (type === undefined) {
    const allowed = [...readableTypes].map(([number, known]) => `${known} (${number})`).join(', ');
    return refuse(cursor.where, 'the tensor type', nameGgmlType(typeNumber), allowed);
  }
  const { blockValues, blockBytes } = tensorStorage[type];
  const rowValues = shape.at(-1) ?? 0;
  if (rowValues % blockValues !== 0) {
    refuse(cursor.where, 'the row length', rowValues, `a multiple of ${blockValues} for ${type}`);
  }
  const byteLength = (countValues(shape) / blockValues) * blockBytes;
  return { name, type, shape, byteLength, dataOffset: cursor.uint64() };
}

function readShape(cursor: GgufCursor, fileBytes: number): readonly number[] {
  const count = cursor.uint32();
  if (count < 1 || count > maxDimensions) {
    refuse(cursor.where, 'the number of dimensions', count, `1 to ${maxDimensions}`);
  }
  // No stored type packs more than two values into a byte.
  const maxValues = fileBytes * 2;
  const shape: number[] = [];
  let values = 1;
  for (let index = 0; index < count; index++) {
    const dimension = cursor.uint64();
    values *= Number(dimension);
    if (dimension === 0n || values > maxValues) {
      refuse(
        cursor.where,
        `dimension ${index}`,
        dimension,
        `1 to what ${fileBytes} bytes can hold`,
      );
    }
    shape.unshift(Number(dimension));
  }
  return shape;
}

interface DataSection {
  readonly source: CheckpointFile;
  readonly dataStart: number;
  readonly alignment: number;
}

function placeTensors(
  entries: readonly Entry[],
  section: DataSection,
): ReadonlyMap<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>();
  for (const { dataOffset, ...entry } of entries) {
    const where = within(section.source.name, `tensor ${quote(entry.name)}`);
    if (tensors.has(entry.name)) {
      refuse(where, 'the name', 'repeated', 'each name once');
    }
    const last = section.source.bytes - section.dataStart - entry.byteLength;
    if (dataOffset > BigInt(Math.max(last, 0)) || last < 0) {
      refuse(where, 'the offset', dataOffset, `at most ${last}, so that it ends within the file`);
    }
    if (Number(dataOffset) % section.alignment !== 0) {
      refuse(where, 'the offset', dataOffset, `a multiple of ${section.alignment}`);
    }
    tensors.set(entry.name, { ...entry, offset: section.dataStart + Number(dataOffset) });
  }
  assertNoOverlap([...tensors.values()], section.source.name);
  return tensors;
}

/** Tensors may have gaps between them, because GGUF pads, but must not overlap. */
function assertNoOverlap(tensors: readonly StoredTensor[], file: string): void {
  let end = 0;
  for (const tensor of tensors.toSorted((a, b) => a.offset - b.offset)) {
    if (tensor.offset < end) {
      const where = within(file, `tensor ${quote(tensor.name)}`);
      refuse(where, 'the offset', tensor.offset, `at least ${end}: the tensor before ends there`);
    }
    end = tensor.offset + tensor.byteLength;
  }
}
