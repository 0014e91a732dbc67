import { at } from '../../../src/base/at.ts';
import type {
  AttentionGroup,
  MaskedBatch,
} from '../../../src/batch/layouts/masked/masked-batch.ts';
import { groupFeeds, sharedFeeds } from '../../../src/batch/layouts/masked/masked-feeds.ts';
import type { PackedBatch } from '../../../src/batch/packed-batch.ts';

/** The buffers of a batch in the masked layout, for fake runs that read what they are given. */
export function readMasked(batch: PackedBatch): MaskedBatch {
  const data = new Map(batch.feeds.map((feed) => [feed.name, feed.data]));
  const ints = ({ name }: { name: string }) => Int32Array.from(data.get(name) ?? [], Number);
  const floats = ({ name }: { name: string }) => Float32Array.from(data.get(name) ?? [], Number);
  return {
    ids: ints(sharedFeeds.ids),
    positions: BigInt64Array.from(ints(sharedFeeds.positions), BigInt),
    untile: ints(sharedFeeds.untile),
    scored: ints(sharedFeeds.scored),
    groups: batch.groups.map((shape, index): AttentionGroup => {
      const feeds = groupFeeds(index);
      return {
        ...shape,
        rowIndex: ints(feeds.rowIndex),
        keyIndex: ints(feeds.keyIndex),
        rowPlace: floats(feeds.rowPlace),
        keyPlace: floats(feeds.keyPlace),
        lastIndex: ints(feeds.lastIndex),
        lastPlace: floats(feeds.lastPlace),
      };
    }),
  };
}

/** The id of each candidate's last token. */
export function lastTokens(batch: PackedBatch): number[] {
  const { ids, groups, scored } = readMasked(batch);
  const lasts = groups.flatMap(({ lastIndex }) => [...lastIndex]);
  return Array.from(scored, (tile) => at(ids, at(lasts, tile)));
}
