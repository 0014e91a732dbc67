/** Writes GGUF files, right or wrong: every count, dimension and offset can be overridden. */

export type MetadataSpec = readonly [key: string, type: number, payload: Uint8Array];

export interface TensorSpec {
  readonly name: string;
  /** Row-major; written reversed, as GGUF has it. */
  readonly shape: readonly (number | bigint)[];
  /** GGML's number; 0 is F32. */
  readonly type?: number;
  readonly bytes: Uint8Array;
  /** From the data section; by default behind the tensor before, aligned. */
  readonly offset?: bigint;
}

export interface GgufSpec {
  readonly magic?: string;
  readonly version?: number;
  readonly tensorCount?: bigint;
  readonly keyCount?: bigint;
  readonly metadata: readonly MetadataSpec[];
  readonly tensors: readonly TensorSpec[];
  readonly alignment?: number;
}

export function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function uint64(value: number | bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

export function float32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

export function text(value: string | Uint8Array): Uint8Array {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint64(bytes.length), bytes]);
}

/** An array's payload: element type, count, elements. */
export function array(type: number, elements: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([uint32(type), uint64(elements.length), ...elements]);
}

export const metadata = {
  string: (key: string, value: string): MetadataSpec => [key, 8, text(value)],
  uint32: (key: string, value: number): MetadataSpec => [key, 4, uint32(value)],
  strings: (key: string, values: readonly string[]): MetadataSpec => [
    key,
    9,
    array(8, values.map(text)),
  ],
  float32: (key: string, value: number): MetadataSpec => [key, 6, float32(value)],
};

export function floats(values: readonly number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}

export function ggufBytes(spec: GgufSpec): Buffer {
  const alignment = spec.alignment ?? 32;
  const { entries, data } = placeTensors(spec.tensors, alignment);
  const header = Buffer.concat([
    Buffer.from(spec.magic ?? 'GGUF', 'latin1'),
    uint32(spec.version ?? 3),
    uint64(spec.tensorCount ?? spec.tensors.length),
    uint64(spec.keyCount ?? spec.metadata.length),
    ...spec.metadata.flatMap(([key, type, payload]) => [text(key), uint32(type), payload]),
    ...entries,
  ]);
  return Buffer.concat([header, padding(header.length, alignment), data]);
}

function placeTensors(
  tensors: readonly TensorSpec[],
  alignment: number,
): { entries: Uint8Array[]; data: Buffer } {
  const entries: Uint8Array[] = [];
  let data = Buffer.alloc(0);
  for (const { name, shape, type = 0, bytes, offset } of tensors) {
    const dimensions = [...shape].reverse().map(uint64);
    const place = uint64(offset ?? data.length);
    entries.push(text(name), uint32(shape.length), ...dimensions, uint32(type), place);
    data = Buffer.concat([data, bytes, padding(bytes.length, alignment)]);
  }
  return { entries, data };
}

function padding(length: number, alignment: number): Buffer {
  return Buffer.alloc((alignment - (length % alignment)) % alignment);
}
