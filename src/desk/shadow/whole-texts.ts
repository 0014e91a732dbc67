import type { Candidate, RankRequest } from '../../domain/rank.ts';
import type { ItemStore } from '../../items/store/item-store.ts';

/**
 * The request with the whole texts of its stored items. Undefined when one of them is gone or has
 * another version by now.
 */
export async function withWholeTexts(
  request: RankRequest,
  store: Pick<ItemStore, 'get'>,
): Promise<RankRequest | undefined> {
  const candidates: Candidate[] = [];
  for (const candidate of request.candidates) {
    const { id, stored } = candidate;
    if (stored === undefined) {
      candidates.push(candidate);
      continue;
    }
    const item = await store.get(id);
    if (item?.version !== stored.version) {
      return undefined;
    }
    candidates.push({ id, title: item.title, text: item.text, version: undefined });
  }
  return { ...request, candidates };
}
