import { type FeedSpec, logitsOutput } from '../../batch/layouts/layout.ts';
import { lengthsFeeds } from '../../batch/layouts/lengths/lengths-feeds.ts';
import * as blocks from './blocks.ts';
import type { GraphPlan } from './graph-plans.ts';
import { weightNames } from './weights.ts';
import { type LengthsContext, mlp, startProducts, tileInputs } from './lengths-products.ts';

const { ids, positions, keys, lengths, untile, lastRows, lastTiles, lastLengths } = lengthsFeeds;

/** The residual stream and its norm for the next block. [T, width] each */
interface Stream {
  readonly residual: string;
  readonly normed: string;
}

/** The keys of the last rows, which all last blocks of one run share. */
interface LastContext extends LengthsContext {
  /** [N, K] */
  readonly lastKeys: string;
}

/**
 * The graph of the lengths layout: one attention for all tiles, by their numbers of keys. It is
 * written for CUDA, where a node costs a launch, and so has few nodes in a layer.
 */
export function writeLengthsGraph(
  blockContext: blocks.BlockContext,
  { products = 'paired' }: GraphPlan,
): void {
  const { graph, blueprint } = blockContext;
  for (const { name, type, dims } of Object.values<FeedSpec>(lengthsFeeds)) {
    graph.input(name, type, dims);
  }
  const context = startProducts(blockContext, products);
  const lastKeys = graph.node('Gather', [keys.name, lastTiles.name]);
  const embedded = blocks.embed(context, ids.name);
  const last = blueprint.layers - 1;
  let stream: Stream = {
    residual: embedded,
    normed: blocks.norm(context, embedded, weightNames.layer(0).inputNorm),
  };
  for (let layer = 0; layer < last; layer++) {
    stream = fullBlock(context, stream, layer);
  }
  const { residual, x } = lastBlock({ ...context, lastKeys }, stream, last);
  graph.nodeInto([logitsOutput], 'Identity', [blocks.labelHead(context, residual, x)]);
  graph.output(logitsOutput, 'float32', ['N', 2]);
}

/** A block with linears over all T tokens, without padding, and attention over tiles. */
function fullBlock(context: LengthsContext, { residual, normed }: Stream, layer: number): Stream {
  const { graph, blueprint } = context;
  const names = weightNames.layer(layer);
  const { q, k, v } = tileInputs(context, normed, layer);
  const tiles = graph.node('Attention', [q, k, v, '', '', '', lengths.name], {
    attributes: { ...headCounts(blueprint), is_causal: { int: 1 } },
  });
  const attended = graph.node('GatherND', [tiles, untile.name]);
  const added = blocks.addAndNorm(
    context,
    residual,
    graph.node('MatMul', [attended, names.o]),
    names.mlpNorm,
  );
  const hidden = mlp(context, added.normed, layer);
  return blocks.addAndNorm(context, added.residual, hidden, weightNames.layer(layer + 1).inputNorm);
}

/**
 * The last block: keys and values of all tokens, everything else only for scored rows. [N, width]
 */
function lastBlock(
  context: LastContext,
  { residual, normed }: Stream,
  layer: number,
): { residual: string; x: string } {
  const { graph, blueprint, lastKeys } = context;
  const names = weightNames.layer(layer);
  const floats = (rows: string) => ({ kind: 'floats', rows }) as const;
  const q = blocks.project(context, floats(graph.node('Gather', [normed, lastRows.name])), layer, {
    kind: 'q',
    positions: graph.node('Gather', [positions.name, lastRows.name]),
  });
  const all = floats(normed);
  const k = blocks.project(context, all, layer, { kind: 'k', positions: positions.name });
  const v = blocks.project(context, all, layer, { kind: 'v' });
  // One row sees all its keys: there is nothing to be causal about.
  const rows = graph.node(
    'Attention',
    [
      graph.node('Unsqueeze', [q, graph.int64([1])]),
      graph.node('Gather', [k, lastKeys]),
      graph.node('Gather', [v, lastKeys]),
      '',
      '',
      '',
      lastLengths.name,
    ],
    { attributes: headCounts(blueprint) },
  );
  const width = blueprint.heads * blueprint.headDim;
  const attended = graph.node('Reshape', [rows, graph.int64([-1, width])]);
  const added = blocks.addAndNorm(
    context,
    graph.node('Gather', [residual, lastRows.name]),
    graph.node('MatMul', [attended, names.o]),
    names.mlpNorm,
  );
  return { residual: added.residual, x: mlp(context, added.normed, layer) };
}

function headCounts({ heads, kvHeads }: blocks.BlockContext['blueprint']) {
  return { q_num_heads: { int: heads }, kv_num_heads: { int: kvHeads } };
}
