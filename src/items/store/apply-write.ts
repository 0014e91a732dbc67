import { hashContent, type Wanted } from '../item/item.ts';
import { isParked, isWaiting, parkedProgress, progressOf } from '../item/progress.ts';
import type {
  DeletedItem,
  DeleteOutcome,
  ItemDelete,
  ItemPut,
  ItemRecord,
  ItemResult,
  MergeOutcome,
  PutOutcome,
} from './item-store.ts';
import type { HeadRecord, SourceRecord } from './records.ts';

/** What is stored under an id: an item, the version of a deleted one, or nothing. */
export type Stored =
  | { readonly kind: 'item'; readonly head: HeadRecord }
  | { readonly kind: 'tombstone'; readonly version: bigint }
  | { readonly kind: 'nothing' };

/** A write's outcome and what is stored after it; undefined: as before. */
export interface Applied<Outcome> {
  readonly outcome: Outcome;
  readonly stored?: Stored;
  /** The source's texts, when they are new. */
  readonly source?: SourceRecord;
}

type MadeParts = Pick<HeadRecord, 'summary' | 'encoded'>;

/** The version that a write must exceed: an item's, or a deleted one's. */
function versionOf(stored: Stored): bigint {
  return stored.kind === 'item'
    ? stored.head.version
    : stored.kind === 'tombstone'
      ? stored.version
      : 0n;
}

export function applyPut(stored: Stored, put: ItemPut, nowMs: number): Applied<PutOutcome> {
  const version = versionOf(stored);
  if (put.version < version || (put.version === version && stored.kind === 'tombstone')) {
    return { outcome: 'older' };
  }
  const contentHash = hashContent(put);
  const before = stored.kind === 'item' ? stored.head : undefined;
  const isSameContent = before?.contentHash === contentHash;
  if (before !== undefined && put.version === version) {
    return isSameContent ? addSummary(before, put) : { outcome: 'conflict' };
  }
  if (before !== undefined && isSameContent) {
    const head = { ...before, version: put.version, updatedAtMs: nowMs };
    return { ...addSummary(head, put), outcome: 'stored' };
  }
  return storeNew(put, contentHash, nowMs);
}

export function applyDelete(
  stored: Stored,
  { version = versionOf(stored) }: ItemDelete,
): Applied<DeleteOutcome> {
  if (version < versionOf(stored)) {
    return { outcome: 'older' };
  }
  const outcome = stored.kind === 'item' ? 'deleted' : 'missing';
  return version === 0n ? { outcome } : { outcome, stored: { kind: 'tombstone', version } };
}

export function applyResult(
  stored: Stored,
  result: ItemResult,
  wanted: Wanted,
  nowMs: number,
): Applied<'settled' | 'ignored'> {
  if (stored.kind !== 'item' || stored.head.contentHash !== result.contentHash) {
    return { outcome: 'ignored' };
  }
  const { head } = stored;
  if (result.hasFailed === true) {
    const failures = head.failures + 1;
    const progress = failures >= wanted.mostFailures ? parkedProgress(wanted) : head.progress;
    // A later moment: the others get their turn before it is tried again.
    const failed = { ...head, failures, progress, waitingSinceMs: nowMs };
    return { outcome: 'settled', stored: { kind: 'item', head: failed } };
  }
  const encoded = result.encoded ?? (result.summary === undefined ? head.encoded : undefined);
  const settled = { ...head, summary: result.summary ?? head.summary, encoded, failures: 0 };
  return { outcome: 'settled', stored: itemOf(settled) };
}

/**
 * What another server has: the higher version wins, a delete wins over an item of its version, and
 * of two texts of one version the one with the higher hash, so that all servers end with the same.
 * A summary and token ids as they are wanted take the place of others.
 */
export function applyRecord(
  stored: Stored,
  record: ItemRecord,
  wanted: Wanted,
  nowMs: number,
): Applied<MergeOutcome> {
  if (record.kind === 'tombstone') {
    return mergeDeleted(stored, record);
  }
  const put = applyPut(stored, record, nowMs);
  const contentHash = hashContent(record);
  const before = stored.kind === 'item' ? stored.head : undefined;
  if (put.outcome === 'conflict' && before !== undefined && before.contentHash < contentHash) {
    return { ...storeNew(record, contentHash, nowMs), outcome: 'taken' };
  }
  if (put.stored?.kind !== 'item') {
    return { outcome: 'known' };
  }
  const { head } = put.stored;
  const { summary, encoded } = record;
  const after = isBetterMade(head, { summary, encoded }, wanted)
    ? itemOf({ ...head, summary, encoded, failures: 0 })
    : put.stored;
  return put.outcome === 'unchanged' && after.head.progress === before?.progress
    ? { outcome: 'known' }
    : { ...put, outcome: 'taken', stored: after };
}

function mergeDeleted(stored: Stored, { version }: DeletedItem): Applied<MergeOutcome> {
  const known = versionOf(stored);
  return version < known || (version === known && stored.kind === 'tombstone')
    ? { outcome: 'known' }
    : { outcome: 'taken', stored: { kind: 'tombstone', version } };
}

/** Whether what was made elsewhere is as wanted, and what the item has is not. */
function isBetterMade({ progress }: HeadRecord, made: MadeParts, wanted: Wanted): boolean {
  const isLacking = isWaiting(progress, wanted) || isParked(progress, wanted);
  return isLacking && !isWaiting(progressOf(made), wanted);
}

function storeNew(put: ItemPut, contentHash: string, nowMs: number): Applied<'stored'> {
  const head = {
    id: put.id,
    version: put.version,
    title: put.title,
    contentHash,
    updatedAtMs: nowMs,
    waitingSinceMs: nowMs,
    failures: 0,
    summary: put.summary,
    encoded: put.encoded,
  };
  return { outcome: 'stored', stored: itemOf(head), ...sourceOf(put) };
}

/** The summary of a put is a first one: it takes the place of none that was made later. */
function addSummary(head: HeadRecord, { summary, encoded }: ItemPut): Applied<PutOutcome> {
  return head.summary !== undefined || summary === undefined
    ? { outcome: 'unchanged', stored: { kind: 'item', head } }
    : { outcome: 'unchanged', stored: itemOf({ ...head, summary, encoded }) };
}

function itemOf(head: Omit<HeadRecord, 'progress'>) {
  return { kind: 'item', head: { ...head, progress: progressOf(head) } } as const;
}

function sourceOf({ text }: ItemPut): { readonly source: SourceRecord } {
  return { source: { text } };
}
