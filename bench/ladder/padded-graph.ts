import type { Blueprint } from '../../src/model/manifest.ts';
import type { Feed, TokenPart } from '../../src/batch/packed-batch.ts';
import { GraphBuilder } from '../../src/toolchain/graph/onnx/graph-builder.ts';
import type { Initializer, OnnxModel } from '../../src/toolchain/graph/onnx/model-proto.ts';
import * as blocks from '../../src/toolchain/graph/blocks.ts';
import { weightNames } from '../../src/toolchain/graph/weights.ts';

export type PaddedHead = 'vocabulary' | 'labels';

/**
 * A graph over pairs of prefix and candidate, padded to the longest, with one causal attention over
 * [B, L]. It has the ranking graph's fused blocks: compared with the stock graph it shows the gain
 * of fusion, and compared with the packed graph the gain of packing and sharing.
 */
export function paddedGraph(
  blueprint: Blueprint,
  head: PaddedHead,
  initializers: readonly Initializer[],
): OnnxModel {
  const graph = new GraphBuilder(initializers);
  const context = { graph, blueprint, type: 'float32', int8Weights: new Set<string>() } as const;
  const ids = graph.input('ids', 'int32', ['T']);
  const positions = graph.input('positions', 'int64', ['T', 1]);
  const places = graph.input('places', 'float32', ['B', 'L']);
  const keyPlaces = graph.input('keyPlaces', 'float32', ['B', 'L']);
  const mask = blocks.causalMask(context, places, keyPlaces);
  const { heads, kvHeads, headDim } = blueprint;
  const batchAndLength = graph.node('Shape', [places]);
  const tileShape = (width: number) =>
    graph.node('Concat', [batchAndLength, graph.int64([width])], {
      attributes: { axis: { int: 0 } },
    });
  const queryShape = tileShape(heads * headDim);
  const keyShape = tileShape(kvHeads * headDim);
  let residual = blocks.embed(context, ids);
  let normed = blocks.norm(context, residual, weightNames.layer(0).inputNorm);
  for (let layer = 0; layer < blueprint.layers; layer++) {
    const names = weightNames.layer(layer);
    const rows = blocks.prepare(context, normed, names.q);
    const q = blocks.project(context, rows, layer, { kind: 'q', positions });
    const k = blocks.project(context, rows, layer, { kind: 'k', positions });
    const v = blocks.project(context, rows, layer, { kind: 'v' });
    const attended = blocks.attend(context, {
      q: graph.node('Reshape', [q, queryShape]),
      k: graph.node('Reshape', [k, keyShape]),
      v: graph.node('Reshape', [v, keyShape]),
      mask,
    });
    const added = blocks.addAndNorm(
      context,
      residual,
      blocks.linear(context, blocks.prepare(context, attended, names.o), names.o),
      names.mlpNorm,
    );
    const next =
      layer + 1 < blueprint.layers ? weightNames.layer(layer + 1).inputNorm : weightNames.finalNorm;
    const hidden = blocks.mlp(context, added.normed, layer);
    ({ residual, normed } = blocks.addAndNorm(context, added.residual, hidden, next));
  }
  if (head === 'vocabulary') {
    // The embedding serves as the head. An untied head has the same shape, so the speed is the
    // same.
    graph.nodeInto(['logits'], 'Gemm', [normed, weightNames.embedding], {
      attributes: { transB: { int: 1 } },
    });
    graph.output('logits', 'float32', ['T', blueprint.vocabulary]);
  } else {
    const last = graph.node('Gather', [normed, graph.input('last', 'int32', ['B'])]);
    graph.nodeInto(['logits'], 'MatMul', [last, weightNames.labels]);
    graph.output('logits', 'float32', ['B', 2]);
  }
  return graph.model(`padded, ${head}`, blocks.opsets);
}

/** Stacks the rows, right-padded with token 0. A row is a prefix and a candidate joined. */
export function paddedFeeds(rows: readonly Int32Array[], head: PaddedHead): Feed[] {
  const pairs = rows.length;
  const length = Math.max(...rows.map((row) => row.length));
  const ids = new Int32Array(pairs * length);
  const positions = new BigInt64Array(pairs * length);
  const places = new Float32Array(pairs * length);
  const keyPlaces = new Float32Array(pairs * length).fill(65_504);
  rows.forEach((row, pair) => {
    ids.set(row, pair * length);
    for (let i = 0; i < length; i++) {
      positions[pair * length + i] = BigInt(i);
      places[pair * length + i] = i;
      keyPlaces[pair * length + i] = i < row.length ? i : 65_504;
    }
  });
  const last = Int32Array.from(rows, (row, pair) => pair * length + row.length - 1);
  return [
    { name: 'ids', data: ids, dims: [ids.length] },
    { name: 'positions', data: positions, dims: [ids.length, 1] },
    { name: 'places', data: places, dims: [pairs, length] },
    { name: 'keyPlaces', data: keyPlaces, dims: [pairs, length] },
    ...(head === 'labels' ? [{ name: 'last', data: last, dims: [pairs] }] : []),
  ];
}

/** Splits the pairs into runs within the token budget, each pair padded to the longest of all. */
export function paddedRuns(
  { prefix, suffixes }: TokenPart,
  tokenBudget: number,
): { rows: Int32Array[]; tokens: number }[] {
  const longest = prefix.length + Math.max(...suffixes.map((suffix) => suffix.length));
  const perRun = Math.max(1, Math.floor(tokenBudget / longest));
  const count = Math.ceil(suffixes.length / perRun);
  const size = Math.ceil(suffixes.length / count);
  return Array.from({ length: Math.ceil(suffixes.length / size) }, (_, run) => {
    const rows = suffixes
      .slice(run * size, (run + 1) * size)
      .map((suffix) => Int32Array.of(...prefix, ...suffix));
    return { rows, tokens: rows.length * longest };
  });
}
