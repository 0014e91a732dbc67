import type { Blueprint } from '../../../src/model/manifest.ts';
import type { GraphPlan } from '../../../src/toolchain/graph/graph-plans.ts';
import type { OnnxModel } from '../../../src/toolchain/graph/onnx/model-proto.ts';
import { packedGraph } from '../../../src/toolchain/graph/rank-graph.ts';

/**
 * Nodes that a further layer adds to a float graph, without those that ONNX Runtime computes once
 * when it loads the graph. On CUDA each of them is a launch.
 */
export function nodesPerLayer(blueprint: Blueprint, plan: GraphPlan): number {
  const count = (layers: number) =>
    countRunNodes(packedGraph({ ...blueprint, layers }, { precision: 'fp16', plan }, []));
  return count(3) - count(2);
}

/** Nodes that depend on an input; the others are constants, which ONNX Runtime folds. */
export function countRunNodes({ inputs, nodes }: Pick<OnnxModel, 'inputs' | 'nodes'>): number {
  const variable = new Set(inputs.map(({ name }) => name));
  let count = 0;
  for (const node of nodes) {
    if (node.inputs.some((name) => variable.has(name))) {
      node.outputs.forEach((name) => variable.add(name));
      count += 1;
    }
  }
  return count;
}
