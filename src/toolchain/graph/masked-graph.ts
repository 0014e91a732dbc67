import { at } from '../../base/at.ts';
import { type FeedSpec, type LayoutPlan, logitsOutput } from '../../batch/layouts/layout.ts';
import { groupFeeds, sharedFeeds } from '../../batch/layouts/masked/masked-feeds.ts';
import * as blocks from './blocks.ts';
import { weightNames } from './weights.ts';

/** The inputs of an attention group, and its masks, which all layers share. */
interface Group {
  readonly rowIndex: string;
  readonly keyIndex: string;
  readonly lastIndex: string;
  readonly mask: string;
  /** The mask of the last rows only. */
  readonly lastMask: string;
}

interface PackedContext extends blocks.BlockContext {
  readonly positions: string;
  readonly groups: readonly Group[];
}

/** The residual stream and its norm for the next block. [T, width] each */
interface Stream {
  readonly residual: string;
  readonly normed: string;
}

/** The graph of the masked layout: an attention with a mask for each group of tiles. */
export function writeMaskedGraph(
  blockContext: blocks.BlockContext,
  { attentionGroups }: LayoutPlan,
): void {
  const { graph, blueprint } = blockContext;
  const context = declareInputs(blockContext, attentionGroups);
  const embedded = blocks.embed(context, sharedFeeds.ids.name);
  const last = blueprint.layers - 1;
  let stream: Stream = {
    residual: embedded,
    normed: blocks.norm(context, embedded, weightNames.layer(0).inputNorm),
  };
  for (let layer = 0; layer < last; layer++) {
    stream = fullBlock(context, stream, layer);
  }
  const { residual, x } = lastBlock(context, stream, last);
  const logits = blocks.labelHead(context, residual, x);
  graph.nodeInto([logitsOutput], 'Identity', [logits]);
  graph.output(logitsOutput, 'float32', ['N', 2]);
}

function declareInputs(context: blocks.BlockContext, attentionGroups: number): PackedContext {
  const { graph } = context;
  const declare = ({ name, type, dims }: FeedSpec) => graph.input(name, type, dims);
  Object.values(sharedFeeds).forEach(declare);
  const groups = Array.from({ length: attentionGroups }, (_, index): Group => {
    const feeds = groupFeeds(index);
    Object.values(feeds).forEach(declare);
    const lastPlace = graph.node('Unsqueeze', [feeds.lastPlace.name, graph.int64([1])]);
    return {
      rowIndex: feeds.rowIndex.name,
      keyIndex: feeds.keyIndex.name,
      lastIndex: feeds.lastIndex.name,
      mask: blocks.causalMask(context, feeds.rowPlace.name, feeds.keyPlace.name),
      lastMask: blocks.causalMask(context, lastPlace, feeds.keyPlace.name),
    };
  });
  return { ...context, positions: sharedFeeds.positions.name, groups };
}

/** A block with linears over all T tokens, without padding, and attention over tiles. */
function fullBlock(context: PackedContext, { residual, normed }: Stream, layer: number): Stream {
  const { graph, positions, groups } = context;
  const names = weightNames.layer(layer);
  const rows = blocks.prepare(context, normed, names.q);
  const q = blocks.project(context, rows, layer, { kind: 'q', positions });
  const k = blocks.project(context, rows, layer, { kind: 'k', positions });
  const v = blocks.project(context, rows, layer, { kind: 'v' });
  const tiles = groups.map(({ rowIndex, keyIndex, mask }) =>
    blocks.attend(context, {
      q: graph.node('Gather', [q, rowIndex]),
      k: graph.node('Gather', [k, keyIndex]),
      v: graph.node('Gather', [v, keyIndex]),
      mask,
    }),
  );
  const attended = pick(context, tiles, sharedFeeds.untile.name);
  const added = blocks.addAndNorm(
    context,
    residual,
    blocks.linear(context, blocks.prepare(context, attended, names.o), names.o),
    names.mlpNorm,
  );
  const hidden = blocks.mlp(context, added.normed, layer);
  return blocks.addAndNorm(context, added.residual, hidden, weightNames.layer(layer + 1).inputNorm);
}

/**
 * The last block: keys and values of all tokens, everything else only for scored rows. [N, width]
 */
function lastBlock(
  context: PackedContext,
  { residual, normed }: Stream,
  layer: number,
): { residual: string; x: string } {
  const { graph, positions, groups } = context;
  const lasts = concat(
    context,
    groups.map((group) => group.lastIndex),
  );
  const names = weightNames.layer(layer);
  const lastRows = blocks.prepare(context, graph.node('Gather', [normed, lasts]), names.q);
  const q = blocks.project(context, lastRows, layer, {
    kind: 'q',
    positions: graph.node('Gather', [positions, lasts]),
  });
  const all = blocks.prepare(context, normed, names.k);
  const k = blocks.project(context, all, layer, { kind: 'k', positions });
  const v = blocks.project(context, all, layer, { kind: 'v' });
  const rows = splitByGroup(context, q).map((mine, index) => {
    const { keyIndex, lastMask } = at(groups, index);
    return blocks.attend(context, {
      q: graph.node('Unsqueeze', [mine, graph.int64([1])]),
      k: graph.node('Gather', [k, keyIndex]),
      v: graph.node('Gather', [v, keyIndex]),
      mask: lastMask,
    });
  });
  const scored = sharedFeeds.scored.name;
  const added = blocks.addAndNorm(
    context,
    graph.node('Gather', [residual, graph.node('Gather', [lasts, scored])]),
    blocks.linear(context, blocks.prepare(context, pick(context, rows, scored), names.o), names.o),
    names.mlpNorm,
  );
  return { residual: added.residual, x: blocks.mlp(context, added.normed, layer) };
}

function concat({ graph }: PackedContext, values: readonly string[]): string {
  return graph.node('Concat', values, { attributes: { axis: { int: 0 } } });
}

/** Joins the rows of all groups and picks rows by index. */
function pick(context: PackedContext, groups: readonly string[], index: string): string {
  return context.graph.node('Gather', [concat(context, groups), index]);
}

/** Splits rows [all tiles, width], one per tile, into the rows of each group. */
function splitByGroup(context: PackedContext, rows: string): string[] {
  const { graph, groups } = context;
  const sizes = groups.map((group) => graph.node('Shape', [group.lastIndex]));
  const parts = graph.freshNames(groups.length, 'last');
  graph.nodeInto(parts, 'Split', [rows, concat(context, sizes)], {
    attributes: { axis: { int: 0 } },
  });
  return parts;
}
