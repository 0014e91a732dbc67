import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Blueprint, Precision } from '../../model/manifest.ts';
import type { FileEntry } from '../../model/model-files.ts';
import type { LayoutName } from '../../batch/layouts/layout.ts';
import type { GraphFile, ModelGraphs } from '../../model/graphs.ts';
import type { Checkpoint } from '../files/checkpoint.ts';
import { GraphBuilder } from './onnx/graph-builder.ts';
import { encodeModel, type Initializer, type OnnxModel } from './onnx/model-proto.ts';
import * as blocks from './blocks.ts';
import type { GraphPlan, GraphPlans } from './graph-plans.ts';
import { writeLengthsGraph } from './lengths-graph.ts';
import { writeMaskedGraph } from './masked-graph.ts';
import { writeWeights } from './weights.ts';
import type { LayerInput } from './layer-inputs.ts';

interface RankGraphOptions {
  readonly precision: Precision;
  /** Inputs that stay in floats in an int8 graph. */
  readonly floats?: readonly LayerInput[];
  readonly labelIds: readonly [yes: number, no: number];
  readonly plans: GraphPlans;
  readonly outDir: string;
  /** Called with the number of tensors written and their total. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Writes the packed ranking graphs of a checkpoint, one for each plan, with their weights in
 * `weights.bin`. One tensor is in memory at a time.
 *
 * @throws CheckpointError when a tensor is missing, has a wrong shape, or does not fit the
 * precision.
 */
export async function buildRankGraph(
  checkpoint: Checkpoint,
  options: RankGraphOptions,
): Promise<{ graphs: ModelGraphs; weights: FileEntry; parameters: number }> {
  const written = await writeWeights(checkpoint, {
    precision: options.precision,
    floats: options.floats ?? [],
    labelIds: options.labelIds,
    path: join(options.outDir, 'weights.bin'),
    onProgress: options.onProgress,
  });
  const { blueprint } = checkpoint;
  const graphs = await writeGraphs(blueprint, options, written.initializers);
  return { graphs, weights: written.file, parameters: written.parameters };
}

/** Writes the graphs of a model over weights that are written already. */
export async function writeGraphs(
  blueprint: Blueprint,
  options: Pick<RankGraphOptions, 'precision' | 'plans' | 'outDir'>,
  initializers: readonly Initializer[],
): Promise<ModelGraphs> {
  const { precision, plans, outDir } = options;
  const write = async (plan: GraphPlan, file: string): Promise<GraphFile> => {
    const model = packedGraph(blueprint, { precision, plan }, initializers);
    const { layout, attentionGroups } = plan;
    return { layout, attentionGroups, ...(await writeGraph(model, outDir, file)) };
  };
  const score = await write(plans.cpu, 'graph.onnx');
  if (plans.cuda === undefined) {
    return { cpu: { score } };
  }
  const isShared = JSON.stringify(plans.cuda) === JSON.stringify(plans.cpu);
  return {
    cpu: { score },
    cuda: { score: isShared ? score : await write(plans.cuda, 'graph-cuda.onnx') },
  };
}

export async function writeGraph(model: OnnxModel, dir: string, file: string): Promise<FileEntry> {
  const bytes = encodeModel(model);
  await writeFile(join(dir, file), bytes);
  return {
    file,
    bytes: bytes.byteLength,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
}

/** Writes the nodes, inputs and outputs of a layout's graph. */
type WriteNodes = (context: blocks.BlockContext, plan: GraphPlan) => void;
const writers: Readonly<Record<LayoutName, WriteNodes>> = {
  masked: writeMaskedGraph,
  lengths: writeLengthsGraph,
};

/** The graph over weights that are written already. */
export function packedGraph(
  blueprint: Blueprint,
  { precision, plan }: { readonly precision: Precision; readonly plan: GraphPlan },
  initializers: readonly Initializer[],
): OnnxModel {
  const graph = new GraphBuilder(initializers);
  const context = {
    graph,
    blueprint,
    type: precision === 'fp16' ? 'float16' : 'float32',
    int8Weights: new Set(
      initializers.filter(({ type }) => type === 'int8').map(({ name }) => name),
    ),
  } as const;
  writers[plan.layout](context, plan);
  return graph.model('packed ranking graph', blocks.opsets);
}
