import type { BadCandidate, StoredText } from '../domain/rank.ts';
import type { CandidateForm } from './request-rules.ts';

/** A stored item as a candidate. */
export interface StoredCandidate {
  readonly title: string | undefined;
  readonly text: string;
  readonly stored: StoredText;
}

/** The stored items of these ids, in their order; undefined for an id that is not stored. */
export type ReadItems = (ids: readonly string[]) => readonly (StoredCandidate | undefined)[];

/** A candidate with the text of its request, or with that of the item store. */
export interface ResolvedCandidate extends CandidateForm {
  readonly stored?: StoredText;
  /** Given by id alone, and not stored. */
  readonly isUnknown?: boolean;
}

/**
 * Gives each candidate that has an id and neither title nor text those of the stored item. Without
 * an item store nothing changes.
 */
export function resolveItems(
  candidates: readonly CandidateForm[],
  read: ReadItems | undefined,
): readonly ResolvedCandidate[] {
  const ids = candidates.flatMap((each) => (isReference(each) ? [each.id] : []));
  if (read === undefined || ids.length === 0) {
    return candidates;
  }
  const found = read(ids).values();
  return candidates.map((candidate) => {
    if (!isReference(candidate)) {
      return candidate;
    }
    const item = found.next().value;
    return item === undefined
      ? { ...candidate, isUnknown: true }
      : { id: candidate.id, title: item.title, text: item.text, stored: item.stored };
  });
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
