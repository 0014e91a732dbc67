import { createHash } from 'node:crypto';
import type { Wanted } from '../item/item.ts';
import { progressOf, wantedProgress } from '../item/progress.ts';
import type { Stored } from '../store/apply-write.ts';

/**
 * What is stored under an id, in 69 characters: enough to know whether one server's record is news
 * to another. Version (20 digits), 1 for a deleted item or 0, the hash of the texts (32 digits): of
 * two stamps the higher text wins, as in `applyRecord`. Then the recipe (16 digits): what made the
 * summary and the token ids.
 */
export type Stamp = string;

export const stampLength = 69;
/** The part of a stamp that decides which of two wins. */
export const orderLength = 53;
const noHash = '0'.repeat(32);

/** The recipe of an item that has neither summary nor token ids. */
export const bareRecipe = recipeOf(progressOf({ summary: undefined, encoded: undefined }));

export function stampOf(stored: Stored): Stamp | undefined {
  switch (stored.kind) {
    case 'nothing':
      return undefined;
    case 'tombstone':
      return `${paddedVersion(stored.version)}1${noHash}${bareRecipe}`;
    case 'item': {
      const { version, contentHash } = stored.head;
      return `${paddedVersion(version)}0${contentHash}${recipeOf(progressOf(stored.head))}`;
    }
  }
}

/** The stamp that an item will have once all is made that is wanted. */
export function finishedStamp(stamp: Stamp, recipe: string): Stamp {
  return `${stamp.slice(0, orderLength)}${recipe}`;
}

/** The recipe of items that are as wanted; undefined until a model serves. */
export function wantedRecipe(wanted: Wanted): string | undefined {
  return wanted.encoding === undefined ? undefined : recipeOf(wantedProgress(wanted));
}

export function isStamp(text: string): boolean {
  return /^\d{20}[01][0-9a-f]{48}$/.test(text);
}

/**
 * Whether a record with this stamp changes what is stored under the other: it wins, or with the
 * same texts it has what is wanted, or something where there is nothing.
 */
export function isNews(
  stamp: Stamp,
  to: Stamp | null | undefined,
  wanted: string | undefined,
): boolean {
  const [order, recipe] = partsOf(stamp);
  if (to === undefined || to === null) {
    return true;
  }
  const [otherOrder, otherRecipe] = partsOf(to);
  return order === otherOrder
    ? recipe !== otherRecipe && (recipe === wanted || otherRecipe === bareRecipe)
    : order > otherOrder;
}

function partsOf(stamp: Stamp): readonly [order: string, recipe: string] {
  return [stamp.slice(0, orderLength), stamp.slice(orderLength)];
}

function paddedVersion(version: bigint): string {
  return String(version).padStart(20, '0');
}

function recipeOf(progress: string): string {
  return createHash('sha256').update(progress).digest('hex').slice(0, 16);
}
