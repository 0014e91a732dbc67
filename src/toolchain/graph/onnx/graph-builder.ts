import type {
  Attribute,
  ElementType,
  Initializer,
  OnnxModel,
  OnnxNode,
  ValueInfo,
} from './model-proto.ts';

interface NodeOptions {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** The domain of ONNX Runtime's own operators. */
  readonly domain?: 'com.microsoft';
}

/** Builds a graph node by node; every method returns the name of the value that it added. */
export class GraphBuilder {
  readonly #initializers = new Map<string, Initializer>();
  readonly #inputs: ValueInfo[] = [];
  readonly #outputs: ValueInfo[] = [];
  readonly #nodes: OnnxNode[] = [];
  #values = 0;

  /** Only the initializers that the graph uses are written. */
  constructor(initializers: Iterable<Initializer> = []) {
    for (const initializer of initializers) {
      this.#initializers.set(initializer.name, initializer);
    }
  }

  input(name: string, type: ElementType, dims: readonly (number | string)[]): string {
    this.#inputs.push({ name, type, dims });
    return name;
  }

  output(name: string, type: ElementType, dims: readonly (number | string)[]): void {
    this.#outputs.push({ name, type, dims });
  }

  /** Adds a node with one output. */
  node(op: string, inputs: readonly string[], options: NodeOptions = {}): string {
    const output = this.freshName(op);
    this.nodeInto([output], op, inputs, options);
    return output;
  }

  /** Adds a node with several outputs; an empty name skips an optional output. */
  nodeInto(
    outputs: readonly string[],
    op: string,
    inputs: readonly string[],
    options: NodeOptions = {},
  ): void {
    this.#nodes.push({
      op,
      domain: options.domain ?? '',
      inputs,
      outputs,
      attributes: options.attributes ?? {},
    });
  }

  freshNames(count: number, stem: string): string[] {
    return Array.from({ length: count }, () => this.freshName(stem));
  }

  /** A constant int64 vector; equal vectors are stored once. */
  int64(values: readonly number[]): string {
    return this.#constant(
      `int64:${values.join(',')}`,
      'int64',
      [values.length],
      BigInt64Array.from(values.map(BigInt)),
    );
  }

  /** A constant int32 vector. */
  int32(values: readonly number[]): string {
    const name = `int32:${values.join(',')}`;
    return this.#constant(name, 'int32', [values.length], Int32Array.from(values));
  }

  /** A constant scalar. */
  uint8(value: number): string {
    return this.#constant(`uint8:${String(value)}`, 'uint8', [], Uint8Array.of(value));
  }

  float32(value: number): string {
    return this.#constant(`float32:${String(value)}`, 'float32', [], Float32Array.of(value));
  }

  model(name: string, opsets: Readonly<Record<string, number>>): OnnxModel {
    const used = new Set(this.#nodes.flatMap((node) => node.inputs));
    return {
      name,
      opsets,
      inputs: this.#inputs,
      outputs: this.#outputs,
      initializers: [...this.#initializers.values()].filter((one) => used.has(one.name)),
      nodes: this.#nodes,
    };
  }

  #constant(
    name: string,
    type: ElementType,
    dims: readonly number[],
    values: BigInt64Array | Int32Array | Float32Array | Uint8Array,
  ): string {
    const bytes = new Uint8Array(values.buffer);
    this.#initializers.set(name, { name, type, dims, data: { kind: 'inline', bytes } });
    return name;
  }

  /** A value name that no other node has. */
  freshName(stem: string): string {
    return `${stem}:${String(this.#values++)}`;
  }
}
