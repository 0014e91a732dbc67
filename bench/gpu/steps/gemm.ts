import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { sessionSettings } from '../../../src/engine/session.ts';
import { GraphBuilder } from '../../../src/toolchain/graph/onnx/graph-builder.ts';
import type { Initializer } from '../../../src/toolchain/graph/onnx/model-proto.ts';
import { WeightsFile } from '../../../src/toolchain/graph/onnx/weights-file.ts';
import { writeGraph } from '../../../src/toolchain/graph/rank-graph.ts';
import { halfBits } from '../../../src/toolchain/numerics/half.ts';
import type { Provider } from '../models.ts';
import { quantile } from '../tables.ts';

const products = 4;
/** Rows of the activations for each row of a weight: enough that launches do not count. */
const rowsEach = 4;

/** TFLOP/s of a chain of fp16 MatMuls of SIZE columns. */
export async function gemmTflops(
  provider: Provider,
  outDir: string,
  size: number,
): Promise<number> {
  const dir = join(outDir, 'gemm');
  await writeChain(dir, size);
  const session = await ort.InferenceSession.create(
    join(dir, 'gemm.onnx'),
    sessionSettings({ provider, deviceId: 0, threads: 1 }),
  );
  const feeds = { x: new ort.Tensor('float32', new Float32Array(size).fill(0.5), [1, size]) };
  const rates: number[] = [];
  for (let run = 0; run < 6; run++) {
    const startedAtMs = performance.now();
    await session.run(feeds);
    const flops = 2 * products * rowsEach * size ** 3;
    rates.push(flops / (performance.now() - startedAtMs) / 1e9);
  }
  await session.release();
  return quantile(rates.slice(1), 0.5);
}

async function writeChain(dir: string, size: number): Promise<void> {
  await mkdir(dir, { recursive: true });
  const weights = await WeightsFile.create(join(dir, 'gemm.bin'));
  const initializers: Initializer[] = [];
  const magnitude = halfBits(1 / Math.sqrt(size));
  for (let index = 0; index < products; index++) {
    // Signs by a cheap hash keep the sums small, and leave no zeros that could be skipped.
    const values = new Uint16Array(size * size).map(
      (_, i) => magnitude | (Math.imul(i + index, 0x9e3779b1) & 0x8000),
    );
    const data = await weights.append(values);
    initializers.push({ name: `w${index}`, type: 'float16', dims: [size, size], data });
  }
  await weights.finish();
  const graph = new GraphBuilder(initializers);
  let x = graph.node('Cast', [graph.input('x', 'float32', [1, size])], {
    attributes: { to: { int: 10 } },
  });
  x = graph.node('Expand', [x, graph.int64([rowsEach * size, size])]);
  for (const { name } of initializers) {
    x = graph.node('MatMul', [x, name]);
  }
  // Outputs are copied to the host, so only one row is an output.
  const row = graph.node('Slice', [x, graph.int64([0]), graph.int64([1])]);
  graph.nodeInto(['y'], 'Cast', [row], { attributes: { to: { int: 1 } } });
  graph.output('y', 'float32', [1, size]);
  await writeGraph(graph.model('large gemm', { '': 24 }), dir, 'gemm.onnx');
}
