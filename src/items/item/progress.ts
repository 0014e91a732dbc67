import type { ItemHead, Summary, Wanted } from './item.ts';

/**
 * How far an item is, as a word: what made its summary, and whose token ids it has. The store keeps
 * its items in the order of these words, so that all that are not as wanted are found at once, also
 * after a change of compressor or model.
 */
export function progressOf({ summary, encoded }: Pick<ItemHead, 'summary' | 'encoded'>): string {
  return progressWord(summary, encoded?.encoding);
}

/** The word of items that are as wanted. */
export function wantedProgress({ summary, encoding }: Wanted): string {
  return progressWord(summary, encoding);
}

/** The word of items that failed too often on their way to what is wanted. */
export function parkedProgress(wanted: Wanted): string {
  return `parked ${wantedProgress(wanted)}`;
}

export function isParked(progress: string, wanted: Wanted): boolean {
  return progress === parkedProgress(wanted);
}

/** Whether items with this word wait for work. What nobody wants is not waited for. */
export function isWaiting(progress: string, wanted: Wanted): boolean {
  const { summary, encoding } = wanted;
  if (isParked(progress, wanted)) {
    return false;
  }
  const [maker, encoded] = partsOf(progress);
  const lacksSummary = summary !== undefined && maker !== makerOf(summary);
  return lacksSummary || (encoding !== undefined && encoded !== encoding);
}

/**
 * The words of waiting items, the most urgent first: items that have a summary of the wanted method
 * in an earlier version, or only lack token ids, can be ranked well meanwhile, so they come last.
 */
export function waitingWords(words: readonly string[], wanted: Wanted): readonly string[] {
  const method = wanted.summary?.method;
  const isUsable = (word: string) =>
    method !== undefined && partsOf(word)[0].startsWith(`${method} `) ? 1 : 0;
  return words
    .filter((word) => isWaiting(word, wanted))
    .sort((one, other) => isUsable(one) - isUsable(other));
}

function progressWord(
  summary: Pick<Summary, 'method' | 'version'> | undefined,
  encoding: string | undefined,
): string {
  return JSON.stringify([makerOf(summary), encoding ?? '']);
}

function makerOf(summary: Pick<Summary, 'method' | 'version'> | undefined): string {
  return summary === undefined ? '' : `${summary.method} ${summary.version}`;
}

/** Maker and encoding; a word of items parked on their way to something else has neither. */
function partsOf(progress: string): readonly [string, string] {
  return progress.startsWith('[') ? (JSON.parse(progress) as [string, string]) : ['', ''];
}
