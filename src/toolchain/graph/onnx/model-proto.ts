import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

/** ONNX models as plain values and as bytes, by the official onnx.proto beside this file. */

export type ElementType = 'float32' | 'float16' | 'uint8' | 'int8' | 'int32' | 'int64' | 'bool';

/** TensorProto.DataType */
const elementCodes: Readonly<Record<ElementType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
};

/** A dimension is a number, or a name if it is known only at run time. */
export interface ValueInfo {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly (number | string)[];
}

/** Little-endian, row-major bytes, in the graph itself or in a file beside it. */
export type TensorData =
  | { readonly kind: 'inline'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'external';
      readonly file: string;
      readonly offset: number;
      readonly bytes: number;
    };

export interface Initializer {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly data: TensorData;
}

export type Attribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] };

export interface OnnxNode {
  readonly op: string;
  /** Empty for standard operators. */
  readonly domain: string;
  /** An empty name omits an optional input. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface OnnxModel {
  readonly name: string;
  readonly opsets: Readonly<Record<string, number>>;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly initializers: readonly Initializer[];
  readonly nodes: readonly OnnxNode[];
}

/** Opset 24 belongs to a newer IR version, but 10 is the newest that older tools open. */
const irVersion = 10;

let schema: protobuf.Type | undefined;

function modelProto(): protobuf.Type {
  schema ??= protobuf
    .loadSync(fileURLToPath(new URL('./onnx.proto', import.meta.url)))
    .lookupType('onnx.ModelProto');
  return schema;
}

export function encodeModel(model: OnnxModel): Uint8Array {
  const type = modelProto();
  return type
    .encode(
      type.fromObject({
        irVersion,
        producerName: 'slmrank',
        opsetImport: Object.entries(model.opsets).map(([domain, version]) => ({ domain, version })),
        graph: {
          name: model.name,
          node: model.nodes.map(nodeToProto),
          initializer: model.initializers.map(initializerToProto),
          input: model.inputs.map(valueToProto),
          output: model.outputs.map(valueToProto),
        },
      }),
    )
    .finish();
}

function nodeToProto(node: OnnxNode, index: number) {
  return {
    name: `${node.op}_${String(index)}`,
    opType: node.op,
    domain: node.domain,
    input: node.inputs,
    output: node.outputs,
    attribute: Object.entries(node.attributes).map(([name, value]) => ({
      name,
      ...attributeToProto(value),
    })),
  };
}

function attributeToProto(value: Attribute) {
  if ('ints' in value) {
    return { type: 'INTS', ints: value.ints };
  }
  return 'int' in value ? { type: 'INT', i: value.int } : { type: 'FLOAT', f: value.float };
}

function initializerToProto({ name, type, dims, data }: Initializer) {
  const common = { name, dataType: elementCodes[type], dims };
  if (data.kind === 'inline') {
    return { ...common, rawData: data.bytes };
  }
  return {
    ...common,
    dataLocation: 'EXTERNAL',
    externalData: [
      { key: 'location', value: data.file },
      { key: 'offset', value: String(data.offset) },
      { key: 'length', value: String(data.bytes) },
    ],
  };
}

function valueToProto({ name, type, dims }: ValueInfo) {
  return {
    name,
    type: {
      tensorType: {
        elemType: elementCodes[type],
        shape: {
          dim: dims.map((dim) => (typeof dim === 'number' ? { dimValue: dim } : { dimParam: dim })),
        },
      },
    },
  };
}

interface RawModel {
  opsetImport?: { domain?: string; version: number }[];
  graph: {
    name: string;
    node?: RawNode[];
    initializer?: RawTensor[];
    input?: RawValue[];
    output?: RawValue[];
  };
}
interface RawNode {
  opType: string;
  domain?: string;
  input?: string[];
  output?: string[];
  attribute?: RawAttribute[];
}
interface RawAttribute {
  name: string;
  type: string;
  i?: number;
  f?: number;
  ints?: number[];
}
interface RawTensor {
  name: string;
  dataType: number;
  dims?: number[];
  rawData?: Uint8Array;
  externalData?: { key: string; value: string }[];
}
interface RawValue {
  name: string;
  type: {
    tensorType: { elemType: number; shape: { dim?: { dimValue?: number; dimParam?: string }[] } };
  };
}

/** Parses the output of `encodeModel`; it does not read every ONNX file. */
export function parseModel(bytes: Uint8Array): OnnxModel {
  const type = modelProto();
  const raw = type.toObject(type.decode(bytes), { longs: Number, enums: String }) as RawModel;
  return {
    name: raw.graph.name,
    opsets: Object.fromEntries(
      (raw.opsetImport ?? []).map(({ domain, version }) => [domain ?? '', version]),
    ),
    inputs: (raw.graph.input ?? []).map(parseValue),
    outputs: (raw.graph.output ?? []).map(parseValue),
    initializers: (raw.graph.initializer ?? []).map(parseInitializer),
    nodes: (raw.graph.node ?? []).map(parseNode),
  };
}

function parseNode(node: RawNode): OnnxNode {
  return {
    op: node.opType,
    domain: node.domain ?? '',
    inputs: node.input ?? [],
    outputs: node.output ?? [],
    attributes: Object.fromEntries(
      (node.attribute ?? []).map((attribute) => [attribute.name, parseAttribute(attribute)]),
    ),
  };
}

function parseAttribute({ type, i, f, ints }: RawAttribute): Attribute {
  if (type === 'INTS') {
    return { ints: ints ?? [] };
  }
  return type === 'INT' ? { int: i ?? 0 } : { float: f ?? 0 };
}

function parseInitializer({ name, dataType, dims, rawData, externalData }: RawTensor): Initializer {
  const entries = new Map((externalData ?? []).map(({ key, value }) => [key, value]));
  const file = entries.get('location');
  return {
    name,
    type: parseElementType(dataType),
    dims: dims ?? [],
    data:
      file === undefined
        ? { kind: 'inline', bytes: rawData ?? new Uint8Array() }
        : {
            kind: 'external',
            file,
            offset: Number(entries.get('offset')),
            bytes: Number(entries.get('length')),
          },
  };
}

function parseValue({ name, type: { tensorType } }: RawValue): ValueInfo {
  return {
    name,
    type: parseElementType(tensorType.elemType),
    dims: (tensorType.shape.dim ?? []).map(({ dimValue, dimParam }) => dimParam ?? dimValue ?? 0),
  };
}

function parseElementType(code: number): ElementType {
  for (const type of Object.keys(elementCodes) as ElementType[]) {
    if (elementCodes[type] === code) {
      return type;
    }
  }
  throw new Error(
    `element type ${String(code)}; known are ${Object.keys(elementCodes).join(', ')}`,
  );
}
