import { join } from 'node:path';
import type { Blueprint } from '../../src/model/manifest.ts';
import { GraphBuilder } from '../../src/toolchain/graph/onnx/graph-builder.ts';
import type { Initializer } from '../../src/toolchain/graph/onnx/model-proto.ts';
import { WeightsFile } from '../../src/toolchain/graph/onnx/weights-file.ts';
import { createRandom } from '../../src/base/random.ts';
import { writeGraph } from '../../src/toolchain/graph/rank-graph.ts';

/** Enough layers that the weights do not fit into the caches; a model's do not either. */
const chainLayers = 8;

/**
 * Writes a chain of MatMuls with the shapes of a model's layers. Each has its own weights, since
 * ONNX Runtime would merge equal nodes and the machine would look too fast. In a chain each output
 * is the next input, so v has the transposed shape [kv, width], and a second down follows up.
 */
export async function writeGemmChain(blueprint: Blueprint, dir: string): Promise<void> {
  const random = createRandom(7);
  const weights = await WeightsFile.create(join(dir, 'gemm.bin'));
  const initializers: Initializer[] = [];
  for (const [index, [rows, columns]] of chainShapes(blueprint).entries()) {
    // With variance 1 / rows the activations keep their size, and no denormal slows the chain.
    const bound = Math.sqrt(3 / rows);
    const values = new Float32Array(rows * columns);
    for (let i = 0; i < values.length; i++) {
      values[i] = (2 * random() - 1) * bound;
    }
    const data = await weights.append(values);
    initializers.push({ name: `w${index}`, type: 'float32', dims: [rows, columns], data });
  }
  await weights.finish();
  const graph = new GraphBuilder(initializers);
  let x = graph.input('x', 'float32', ['T', blueprint.width]);
  for (const { name } of initializers) {
    x = graph.node('MatMul', [x, name]);
  }
  graph.nodeInto(['y'], 'Slice', [x, graph.int64([0]), graph.int64([1])]);
  graph.output('y', 'float32', [1, blueprint.width]);
  await writeGraph(graph.model('gemm chain', { '': 24 }), dir, 'gemm.onnx');
}

function chainShapes(blueprint: Blueprint): [rows: number, columns: number][] {
  const { width, mlpWidth, heads, kvHeads, headDim } = blueprint;
  const layer: [number, number][] = [
    [width, kvHeads * headDim],
    [kvHeads * headDim, width],
    [width, heads * headDim],
    [heads * headDim, width],
    [width, mlpWidth],
    [mlpWidth, width],
    [width, mlpWidth],
    [mlpWidth, width],
  ];
  return Array.from({ length: chainLayers }, () => layer).flat();
}

/** Floating-point operations of one run of the chain over `tokens` rows. */
export function chainFlops(blueprint: Blueprint, tokens: number): number {
  return chainShapes(blueprint).reduce(
    (sum, [rows, columns]) => sum + 2 * tokens * rows * columns,
    0,
  );
}

/**
 * Floating-point operations of the linear layers over `tokens` rows. In the last block only k and v
 * have `tokens` rows; the other layers have `lastRows`.
 */
export function linearFlops(
  { width, mlpWidth, heads, kvHeads, headDim, layers }: Blueprint,
  tokens: number,
  lastRows: number,
): number {
  const keyValue = 2 * width * kvHeads * headDim;
  const rest = 2 * width * heads * headDim + 3 * width * mlpWidth;
  return 2 * (tokens * layers * keyValue + (tokens * (layers - 1) + lastRows) * rest);
}
