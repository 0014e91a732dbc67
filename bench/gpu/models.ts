import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Blueprint, GraphFile, Manifest } from '../../src/model/manifest.ts';
import {
  type GraphPlan,
  graphPlans,
  lengthsPlan,
  maskedPlan,
  productNames,
} from '../../src/toolchain/graph/graph-plans.ts';
import { packedGraph, writeGraph } from '../../src/toolchain/graph/rank-graph.ts';
import { parseModel } from '../../src/toolchain/graph/onnx/model-proto.ts';
import { openSession, type RankSession } from '../../src/engine/session.ts';
import { buildRandomModel, smolBlueprint } from '../ladder/model.ts';

export type Provider = 'cuda' | 'cpu';

export const baseline = 'masked';
/** The graph that a build in fp16 has for CUDA. */
const servedPlan = graphPlans('fp16').cuda ?? maskedPlan;
/** Graphs over the same weights, by name. The others are compared with the baseline. */
export const graphs: Readonly<Record<string, GraphPlan>> = {
  [baseline]: maskedPlan,
  ...Object.fromEntries(
    productNames.map((products) => [
      `${lengthsPlan.layout}-${products}`,
      { ...lengthsPlan, products },
    ]),
  ),
};
export const served = nameOf(servedPlan);

/** Random weights of one shape, and a graph for each plan. */
export interface GpuModel {
  readonly name: string;
  readonly dir: string;
  readonly blueprint: Blueprint;
  readonly graphs: Readonly<Record<string, GraphFile>>;
}

/** The embedding is only read row by row: a small vocabulary is as fast, and built sooner. */
const vocabulary = 4096;
const qwen: Blueprint = {
  ...smolBlueprint,
  family: 'qwen3',
  layers: 20,
  width: 1024,
  mlpWidth: 1536,
  heads: 16,
  kvHeads: 8,
  headDim: 128,
  vocabulary,
  ropeTheta: 1_000_000,
  normEpsilon: 1e-6,
  qkNorm: true,
};
const smol: Blueprint = { ...smolBlueprint, vocabulary };
const bundled: Blueprint = { ...smol, layers: 12, mlpWidth: 768 };
const tiny = { layers: 2, width: 128, mlpWidth: 256, heads: 4, kvHeads: 2, headDim: 32 } as const;

export const blueprints = {
  'qwen3-0.6b-pruned': qwen,
  'slmrank-55m': bundled,
  'smollm2-135m': smol,
  'llama-3-layers': { ...smol, layers: 3 },
  'qwen3-3-layers': { ...qwen, layers: 3 },
  'llama-tiny': { ...smol, ...tiny },
  'qwen3-tiny': { ...qwen, ...tiny },
} as const satisfies Record<string, Blueprint>;
export type ModelName = keyof typeof blueprints;

/** Builds the weights once; the graphs are written every time, because they are measured. */
export async function openModel(
  name: ModelName,
  outDir: string,
  precision: 'fp32' | 'fp16' = 'fp16',
): Promise<GpuModel> {
  const blueprint = blueprints[name];
  const { dir, graphs: built } = await buildRandomModel(name, blueprint, { outDir, precision });
  const { initializers } = parseModel(await readFile(join(dir, built.cpu.score.file)));
  const written = Object.entries(graphs).map(async ([graph, plan]) => {
    const model = packedGraph(blueprint, { precision, plan }, initializers);
    const file = await writeGraph(model, dir, `bench-${graph}.onnx`);
    return [graph, { ...plan, ...file }] as const;
  });
  return { name, dir, blueprint, graphs: Object.fromEntries(await Promise.all(written)) };
}

/** A session reads only the graphs from the manifest; random weights have no other field. */
export function openGraph(dir: string, graph: GraphFile, provider: Provider): Promise<RankSession> {
  const each = { score: graph };
  const manifest = { graphs: { cpu: each, cuda: each } } as Manifest;
  return openSession({ modelDir: dir, manifest, provider, deviceId: 0, threads: 1 });
}

/** @throws Error when the bench does not know the plan: its table above has to follow. */
function nameOf(plan: GraphPlan): string {
  const wanted = JSON.stringify(plan);
  const name = Object.keys(graphs).find((each) => JSON.stringify(graphs[each]) === wanted);
  if (name === undefined) {
    throw new Error(`no graph of bench:gpu has the plan that is served: ${wanted}`);
  }
  return name;
}
