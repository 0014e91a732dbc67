import type { TextSource } from '../domain/events.ts';
import type { BadCandidate, StoredText } from '../domain/rank.ts';
import { type Item, type ItemHead, usableIds } from '../items/item/item.ts';
import type { ItemKeeper } from '../items/keeper.ts';

/** A candidate as read from the protocol, not checked yet. */
export interface CandidateForm {
  readonly id: string;
  readonly title?: string | undefined;
  readonly text: string;
  readonly version?: string | undefined;
}

/** A candidate with the text of its request, or with that of the item store. */
export interface ResolvedCandidate extends CandidateForm {
  readonly stored?: StoredText;
  /** Given by id alone, and not stored. */
  readonly isUnknown?: boolean;
}

/** The items of a request's ids, in the order of these; undefined where nothing is stored. */
export type FoundItems = readonly (ItemHead | Item | undefined)[];

/** What the desk reads of the item store. */
export type ReadableItems = Pick<ItemKeeper, 'lookUp' | 'store' | 'compressor'>;

/**
 * Looks up the candidates that are an id alone. Undefined when there are none, or no item store:
 * the request then goes on without waiting.
 */
export function findItems(
  candidates: readonly CandidateForm[],
  items: ReadableItems | undefined,
): Promise<FoundItems> | undefined {
  const ids = candidates.filter(isReference).map(({ id }) => id);
  return items === undefined || ids.length === 0 ? undefined : readItems(ids, items);
}

/** Heads, and whole items where there is no summary to rank by. */
async function readItems(ids: readonly string[], items: ReadableItems): Promise<FoundItems> {
  const heads = await items.lookUp(ids);
  return heads.every(isRankable)
    ? heads
    : await Promise.all(heads.map((head) => readWhole(head, items)));
}

function isRankable(head: ItemHead | undefined): boolean {
  return head === undefined || head.summary !== undefined;
}

async function readWhole(head: ItemHead | undefined, { store }: ReadableItems) {
  return head === undefined || isRankable(head) ? head : await store.get(head.id);
}

export interface ServedItems {
  /** Of the compressor that makes summaries near-line, if there is one. */
  readonly method: string | undefined;
  /** Hash of template, tokenizer and normalizer of the model that ranks. */
  readonly encoding: string;
}

/**
 * Gives each candidate that is an id alone the title and text of its item. `found` is what
 * `findItems` gave for the same candidates.
 */
export function resolveItems(
  candidates: readonly CandidateForm[],
  found: FoundItems,
  served: ServedItems,
): readonly ResolvedCandidate[] {
  const items = found.values();
  return candidates.map((candidate) => {
    if (!isReference(candidate)) {
      return candidate;
    }
    const item = items.next().value;
    return item === undefined
      ? { ...candidate, isUnknown: true }
      : {
          id: item.id,
          title: item.title,
          ...describeText(item, served),
        };
  });
}

function describeText(
  item: ItemHead | Item,
  { method, encoding }: ServedItems,
): { readonly text: string; readonly stored: StoredText } {
  const { summary, version } = item;
  const ids = usableIds(item, encoding);
  const stored = (source: TextSource): StoredText => ({
    source,
    version,
    kept: summary?.kept ?? [],
    ...(ids === undefined ? {} : { ids }),
  });
  if (summary === undefined) {
    return { text: 'text' in item ? item.text : '', stored: stored('RAW') };
  }
  return {
    text: summary.text,
    stored: stored(summary.method === method ? 'SUMMARY' : 'FALLBACK'),
  };
}

function isReference({ id, title = '', text }: CandidateForm): boolean {
  return id !== '' && title === '' && text === '';
}

export function describeUnknown(id: string): BadCandidate {
  return {
    reason: 'UNKNOWN_ID',
    field: 'id',
    description: `'${id.slice(0, 100)}' is not in the item store, and there is neither text nor title`,
  };
}
