import * as ort from 'onnxruntime-node';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type TokenPart, tokenPart } from '../../src/batch/packed-batch.ts';
import { packBatch } from '../../src/batch/pack/pack-batch.ts';
import { GraphBuilder } from '../../src/toolchain/graph/onnx/graph-builder.ts';
import { halfBits } from '../../src/toolchain/numerics/half.ts';
import type { Initializer } from '../../src/toolchain/graph/onnx/model-proto.ts';
import { WeightsFile } from '../../src/toolchain/graph/onnx/weights-file.ts';
import { writeGraph } from '../../src/toolchain/graph/rank-graph.ts';
import { sessionSettings } from '../../src/engine/session.ts';
import { toTensors } from '../ladder/variants.ts';
import { median } from '../../src/eval/measures/metrics.ts';
import { benchGraph, type GpuModel, type Provider } from './bench-session.ts';

const profiledRuns = 5;

/**
 * Microseconds by operator over a few runs, by ONNX Runtime's profiler, the slowest first. On CUDA
 * an operator's time is the time to launch its kernels, which may still run afterwards.
 */
export async function profileByOperator(
  model: GpuModel,
  provider: Provider,
  part: TokenPart,
  outDir: string,
): Promise<Map<string, number>> {
  const dir = join(outDir, 'profile');
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  const graph = benchGraph(model, provider);
  const session = await ort.InferenceSession.create(join(model.dir, graph.file), {
    ...sessionSettings({ provider, deviceId: 0, threads: 1 }),
    enableProfiling: true,
    profileFilePrefix: join(dir, 'run'),
  });
  const batch = packBatch([tokenPart(part)], graph);
  for (let run = 0; run < profiledRuns; run++) {
    await session.run(toTensors(batch.feeds));
  }
  session.endProfiling();
  await session.release();
  const [file = ''] = await readdir(dir);
  const events = JSON.parse(await readFile(join(dir, file), 'utf8')) as {
    cat: string;
    name: string;
    dur: number;
    args?: { op_name?: string };
  }[];
  const byOperator = new Map<string, number>();
  for (const { cat, name, dur, args } of events) {
    // A provider built with CUPTI also reports CUDA kernels, in the category Kernel.
    const key = cat === 'Kernel' ? `kernel ${name}` : (args?.op_name ?? '');
    if (cat === 'Kernel' || (cat === 'Node' && name.endsWith('_kernel_time'))) {
      byOperator.set(key, (byOperator.get(key) ?? 0) + dur);
    }
  }
  return new Map([...byOperator].sort((a, b) => b[1] - a[1]));
}

/** TFLOP/s of a chain of square fp16 MatMuls, the most that the device does in this runtime. */
export async function largeGemmTflops(
  provider: Provider,
  outDir: string,
  size: number,
): Promise<number> {
  const dir = join(outDir, 'gemm');
  await mkdir(dir, { recursive: true });
  const count = 16;
  const weights = await WeightsFile.create(join(dir, 'gemm.bin'));
  const initializers: Initializer[] = [];
  for (let index = 0; index < count; index++) {
    // Signs by a cheap hash keep the sums small, and leave no zeros that could be skipped.
    const values = new Uint16Array(size * size).map((_, i) =>
      halfBits((Math.imul(i + index, 0x9e3779b1) & 0x10000 ? 1 : -1) / Math.sqrt(size)),
    );
    const data = await weights.append(values);
    initializers.push({ name: `w${index}`, type: 'float16', dims: [size, size], data });
  }
  await weights.finish();
  const graph = new GraphBuilder(initializers);
  let x = graph.node('Cast', [graph.input('x', 'float32', [1, size])], {
    attributes: { to: { int: 10 } },
  });
  x = graph.node('Expand', [x, graph.int64([size, size])]);
  for (const { name } of initializers) {
    x = graph.node('MatMul', [x, name]);
  }
  // Outputs are copied to the host, so only one row is an output.
  const row = graph.node('Slice', [x, graph.int64([0]), graph.int64([1])]);
  graph.nodeInto(['y'], 'Cast', [row], { attributes: { to: { int: 1 } } });
  graph.output('y', 'float32', [1, size]);
  await writeGraph(graph.model('large gemm', { '': 24 }), dir, 'gemm.onnx');
  const session = await ort.InferenceSession.create(
    join(dir, 'gemm.onnx'),
    sessionSettings({ provider, deviceId: 0, threads: 1 }),
  );
  const feeds = { x: new ort.Tensor('float32', new Float32Array(size).fill(0.5), [1, size]) };
  const rates: number[] = [];
  for (let run = 0; run < 6; run++) {
    const startedAtMs = performance.now();
    await session.run(feeds);
    rates.push((2 * count * size ** 3) / (performance.now() - startedAtMs) / 1e9);
  }
  await session.release();
  return median(rates.slice(1));
}
