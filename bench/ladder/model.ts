import { access, copyFile, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Blueprint, type ModelGraphs, readManifest } from '../../src/model/manifest.ts';
import type { FileEntry } from '../../src/model/model-files.ts';
import type { RequestEncoder } from '../../src/encode/encode.ts';
import { createRequestEncoder } from '../../src/encode/request-encoder.ts';
import { type Initializer, parseModel } from '../../src/toolchain/graph/onnx/model-proto.ts';
import { randomCheckpoint } from '../../src/toolchain/checkpoint/random-checkpoint.ts';
import { type GraphPlans, graphPlans } from '../../src/toolchain/graph/graph-plans.ts';
import { buildRankGraph, writeGraph, writeGraphs } from '../../src/toolchain/graph/rank-graph.ts';
import { writeGemmChain } from './gemm-chain.ts';
import { paddedGraph } from './padded-graph.ts';
import { stockGraph } from './stock-graph.ts';

/** What the ladder runs: a built model, or random weights of the same shape. */
export interface BenchModel {
  readonly description: string;
  readonly dir: string;
  readonly graphs: ModelGraphs;
  readonly blueprint: Blueprint;
  /** Only a built model has a tokenizer. */
  readonly encoder: RequestEncoder | undefined;
}

/** The shape of SmolLM2-135M. */
export const smolBlueprint: Blueprint = {
  family: 'llama',
  layers: 30,
  width: 576,
  mlpWidth: 1536,
  heads: 9,
  kvHeads: 3,
  headDim: 64,
  vocabulary: 49_152,
  ropeTheta: 100_000,
  normEpsilon: 1e-5,
  qkNorm: false,
  qkvBias: false,
  tiedHead: true,
  rowTokens: 2048,
};

export async function openBuiltModel(dir: string): Promise<BenchModel> {
  const manifest = await readManifest(dir);
  const encoder = createRequestEncoder({
    tokenizerPath: join(dir, manifest.tokenizer.file),
    template: manifest.template,
    normalize: manifest.normalize,
    limits: {
      prefixTokens: manifest.blueprint.rowTokens,
      candidateTokens: manifest.blueprint.rowTokens,
      rowTokens: manifest.blueprint.rowTokens,
    },
  });
  return {
    description: `${manifest.name}, ${manifest.precision}`,
    dir,
    graphs: manifest.graphs,
    blueprint: manifest.blueprint,
    encoder,
  };
}

/** Builds random weights once and keeps them; the SmolLM2 shape takes half a gigabyte. */
export async function buildRandomModel(
  name: string,
  blueprint: Blueprint,
  options: {
    readonly outDir: string;
    readonly precision: 'fp32' | 'fp16';
    /** Those of a build if undefined. */
    readonly plans?: GraphPlans;
  },
): Promise<BenchModel> {
  const dir = join(options.outDir, `random-${name}-${options.precision}`);
  const stamp = join(dir, 'built.json');
  const wanted = JSON.stringify(blueprint);
  const isBuilt = (await readFile(stamp, 'utf8').catch(() => '')) === wanted;
  if (!isBuilt) {
    process.stderr.write(`building random weights of the ${name} shape in ${dir}\n`);
    await rm(dir, { recursive: true, force: true });
  }
  const build = {
    precision: options.precision,
    labelIds: [5, 6],
    plans: options.plans ?? graphPlans(options.precision),
    outDir: dir,
  } as const;
  let graphs: ModelGraphs;
  if (isBuilt) {
    // The weights depend on the blueprint only, but the graph is measured, so it is written again.
    const { initializers } = parseModel(await readFile(join(dir, 'graph.onnx')));
    graphs = await writeGraphs(blueprint, build, initializers);
  } else {
    ({ graphs } = await buildRankGraph(randomCheckpoint(blueprint), build));
    await writeFile(stamp, wanted);
  }
  return {
    description: `random weights of the ${name} shape (no built model), ${options.precision}`,
    dir,
    graphs,
    blueprint,
    encoder: undefined,
  };
}

export interface LadderGraphs {
  readonly stock: string;
  readonly vocabulary: string;
  readonly labels: string;
  readonly gemm: string;
}

/** Writes the graphs of the baselines. They use the model's own weights, by a hard link. */
export async function writeLadderGraphs(model: BenchModel, outDir: string): Promise<LadderGraphs> {
  const initializers = await writeStockGraph(model, outDir);
  const write = (head: 'vocabulary' | 'labels'): Promise<FileEntry> =>
    writeGraph(paddedGraph(model.blueprint, head, initializers), outDir, `${head}.onnx`);
  await write('vocabulary');
  await write('labels');
  await writeGemmChain(model.blueprint, outDir);
  return ladderGraphs(outDir);
}

/** Writes the graph of step a alone; resolves to the model's weights. */
export async function writeStockGraph(
  model: BenchModel,
  outDir: string,
): Promise<readonly Initializer[]> {
  await rm(outDir, { recursive: true, force: true });
  await mkdir(outDir, { recursive: true });
  const { initializers } = parseModel(await readFile(join(model.dir, model.graphs.cpu.score.file)));
  await shareWeights(initializers, model.dir, outDir);
  await writeGraph(stockGraph(model.blueprint, initializers), outDir, 'stock.onnx');
  return initializers;
}

/** The paths that `writeLadderGraphs` writes. */
export function ladderGraphs(outDir: string): LadderGraphs {
  const path = (name: string) => join(outDir, `${name}.onnx`);
  return {
    stock: path('stock'),
    vocabulary: path('vocabulary'),
    labels: path('labels'),
    gemm: path('gemm'),
  };
}

/** ONNX Runtime reads external data only from the graph's own folder. */
async function shareWeights(
  initializers: readonly Initializer[],
  from: string,
  to: string,
): Promise<void> {
  const files = new Set(
    initializers.flatMap(({ data }) => (data.kind === 'external' ? [data.file] : [])),
  );
  for (const file of files) {
    const target = join(to, file);
    await link(join(from, file), target).catch(() => copyFile(join(from, file), target));
    await access(target);
  }
}
