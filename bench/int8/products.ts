import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { createRandom } from '../../src/base/random.ts';
import { sessionSettings } from '../../src/engine/session.ts';
import type { Blueprint } from '../../src/model/manifest.ts';
import { GraphBuilder } from '../../src/toolchain/graph/onnx/graph-builder.ts';
import type { Initializer } from '../../src/toolchain/graph/onnx/model-proto.ts';
import { WeightsFile } from '../../src/toolchain/graph/onnx/weights-file.ts';
import { writeGraph } from '../../src/toolchain/graph/rank-graph.ts';
import { linearFlops } from '../ladder/gemm-chain.ts';

/** Enough layers that the weights do not fit into the caches; a model's do not either. */
const productLayers = 8;
const zeroPoint = 128;

interface Product {
  readonly rows: number;
  readonly columns: number;
}

/** The int8 products of a model's linear layers alone: the most that its graph can reach. */
export interface Int8Products {
  /** Multiplies `tokens` rows of random bytes. */
  run(tokens: number): Promise<void>;
  /** Integer operations of a run. */
  operations(tokens: number): number;
}

/**
 * Opens a graph of u8 x s8 products with the shapes of the model's layers. Each has its own
 * weights, since ONNX Runtime would merge equal nodes.
 */
export async function openInt8Products(blueprint: Blueprint, dir: string): Promise<Int8Products> {
  await writeProducts(blueprint, dir);
  const session = await InferenceSession.create(
    join(dir, 'products.onnx'),
    sessionSettings({ provider: 'cpu', deviceId: 0, threads: 1 }),
  );
  const widths = inputWidths(blueprint);
  const random = createRandom(11);
  const bytes = (count: number) => Uint8Array.from({ length: count }, () => 256 * random());
  // Bytes are made once for each number of tokens: the first run, which warms up, takes longer.
  const made = new Map<number, Record<string, Tensor>>();
  const makeFeeds = (tokens: number) =>
    Object.fromEntries(
      widths.map((width): [string, Tensor] => [
        inputName(width),
        new Tensor('uint8', bytes(tokens * width), [tokens, width]),
      ]),
    );
  return {
    async run(tokens) {
      const feeds = made.get(tokens) ?? makeFeeds(tokens);
      made.set(tokens, feeds);
      await session.run(feeds);
    },
    operations: (tokens) => linearFlops({ ...blueprint, layers: productLayers }, tokens, tokens),
  };
}

async function writeProducts(blueprint: Blueprint, dir: string): Promise<void> {
  const random = createRandom(7);
  const weights = await WeightsFile.create(join(dir, 'products.bin'));
  const initializers: Initializer[] = [];
  const products = Array.from({ length: productLayers }, () => layerProducts(blueprint)).flat();
  for (const [index, { rows, columns }] of products.entries()) {
    // Two neighbours of at most 64 steps are multiplied exactly on every machine.
    const values = Int8Array.from({ length: rows * columns }, () => 128 * random() - 64);
    const data = await weights.append(values);
    initializers.push({ name: `w${index}`, type: 'int8', dims: [rows, columns], data });
    const scales = await weights.append(new Float32Array(columns).fill(1));
    initializers.push({ name: `s${index}`, type: 'float32', dims: [columns], data: scales });
  }
  await weights.finish();
  const graph = new GraphBuilder(initializers);
  inputWidths(blueprint).forEach((width) => graph.input(inputName(width), 'uint8', ['T', width]));
  const corners = products.map(({ rows }, index) => {
    const inputs = [inputName(rows), `w${index}`, graph.float32(1), `s${index}`];
    const product = graph.node('MatMulIntegerToFloat', [...inputs, graph.uint8(zeroPoint)], {
      domain: 'com.microsoft',
    });
    return graph.node('Slice', [product, graph.int64([0, 0]), graph.int64([1, 1])]);
  });
  graph.nodeInto(['y'], 'Concat', corners, { attributes: { axis: { int: 0 } } });
  graph.output('y', 'float32', [corners.length, 1]);
  const model = graph.model('int8 products', { '': 24, 'com.microsoft': 1 });
  await writeGraph(model, dir, 'products.onnx');
}

function layerProducts({ width, mlpWidth, heads, kvHeads, headDim }: Blueprint): Product[] {
  const product = (rows: number, columns: number): Product => ({ rows, columns });
  return [
    product(width, heads * headDim),
    product(width, kvHeads * headDim),
    product(width, kvHeads * headDim),
    product(heads * headDim, width),
    product(width, mlpWidth),
    product(width, mlpWidth),
    product(mlpWidth, width),
  ];
}

function inputWidths(blueprint: Blueprint): number[] {
  return [...new Set(layerProducts(blueprint).map(({ rows }) => rows))];
}

function inputName(width: number): string {
  return `x${width}`;
}
