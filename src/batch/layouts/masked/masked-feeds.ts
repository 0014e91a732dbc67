import type { Feed } from '../../packed-batch.ts';
import type { FeedSpec } from '../layout.ts';
import type { AttentionGroup, MaskedBatch } from './masked-batch.ts';

/** T packed tokens and N candidates; in each group, B tiles of S rows and K keys. */
export const sharedFeeds = {
  ids: { name: 'ids', type: 'int32', dims: ['T'] },
  // A column, so that RotaryEmbedding takes T as the batch axis: as a row it fails beyond the
  // rotary table's length. On CUDA that axis is the launch grid's second, which limits T to 65,535.
  positions: { name: 'positions', type: 'int64', dims: ['T', 1] },
  untile: { name: 'untile', type: 'int32', dims: ['T'] },
  scored: { name: 'scored', type: 'int32', dims: ['N'] },
} as const satisfies Record<string, FeedSpec>;

export type GroupFeed = Exclude<keyof AttentionGroup, 'tiles' | 'rows' | 'keys'>;

const groupShapes: Readonly<
  Record<GroupFeed, { type: 'int32' | 'float32'; axes: readonly ('B' | 'S' | 'K')[] }>
> = {
  rowIndex: { type: 'int32', axes: ['B', 'S'] },
  keyIndex: { type: 'int32', axes: ['B', 'K'] },
  rowPlace: { type: 'float32', axes: ['B', 'S'] },
  keyPlace: { type: 'float32', axes: ['B', 'K'] },
  lastIndex: { type: 'int32', axes: ['B'] },
  lastPlace: { type: 'float32', axes: ['B'] },
};

export function groupFeeds(group: number): Readonly<Record<GroupFeed, FeedSpec>> {
  const spec = (feed: GroupFeed): FeedSpec => ({
    name: `group${group}.${feed}`,
    type: groupShapes[feed].type,
    dims: groupShapes[feed].axes.map((axis) => `${axis}${group}`),
  });
  return {
    rowIndex: spec('rowIndex'),
    keyIndex: spec('keyIndex'),
    rowPlace: spec('rowPlace'),
    keyPlace: spec('keyPlace'),
    lastIndex: spec('lastIndex'),
    lastPlace: spec('lastPlace'),
  };
}

/** The batch's buffers under the graph's input names. Copies nothing. */
export function feedsOf(batch: MaskedBatch): Feed[] {
  const tokens = batch.ids.length;
  return [
    { name: sharedFeeds.ids.name, data: batch.ids, dims: [tokens] },
    { name: sharedFeeds.positions.name, data: batch.positions, dims: [tokens, 1] },
    { name: sharedFeeds.untile.name, data: batch.untile, dims: [tokens] },
    { name: sharedFeeds.scored.name, data: batch.scored, dims: [batch.scored.length] },
    ...batch.groups.flatMap(feedsOfGroup),
  ];
}

function feedsOfGroup(group: AttentionGroup, index: number): Feed[] {
  const specs = groupFeeds(index);
  const rows = [group.tiles, group.rows];
  const keys = [group.tiles, group.keys];
  return [
    { name: specs.rowIndex.name, data: group.rowIndex, dims: rows },
    { name: specs.keyIndex.name, data: group.keyIndex, dims: keys },
    { name: specs.rowPlace.name, data: group.rowPlace, dims: rows },
    { name: specs.keyPlace.name, data: group.keyPlace, dims: keys },
    { name: specs.lastIndex.name, data: group.lastIndex, dims: [group.tiles] },
    { name: specs.lastPlace.name, data: group.lastPlace, dims: [group.tiles] },
  ];
}
