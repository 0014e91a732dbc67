import type { LmdbItemStore } from '../store/lmdb-store.ts';
import type { ItemRecord } from '../store/item-store.ts';
import { type Stamp, stampOf } from './stamp.ts';

/** What sharing asks of the store that a server ranks from. */
export type LocalItems = Pick<LmdbItemStore, 'stored' | 'get' | 'ids' | 'merge'>;

/** A record to be sent, and its stamp. */
export interface StampedRecord {
  readonly record: ItemRecord;
  readonly stamp: Stamp;
}

export function localStamp(local: Pick<LocalItems, 'stored'>, id: string): Stamp | undefined {
  return stampOf(local.stored(id));
}

export function readRecord(
  local: Pick<LocalItems, 'stored' | 'get'>,
  id: string,
): StampedRecord | undefined {
  const stored = local.stored(id);
  const stamp = stampOf(stored);
  if (stamp === undefined || stored.kind === 'nothing') {
    return undefined;
  }
  if (stored.kind === 'tombstone') {
    return { record: { ...stored, id }, stamp };
  }
  const item = local.get(id);
  if (item === undefined) {
    return undefined;
  }
  const { version, title, text, summary, encoded } = item;
  return { record: { kind: 'item', id, version, title, text, summary, encoded }, stamp };
}
