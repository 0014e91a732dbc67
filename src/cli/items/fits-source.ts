import type { Summary } from '../../items/item/item.ts';

/**
 * Whether a summary is one of this text: its letters and digits are those of the parts that it says
 * it has kept. Compressors change no word, but may change what stands between words.
 */
export function fitsSource({ text, kept }: Summary, source: string): boolean {
  const characters = Array.from(source);
  const parts = kept.map(({ start, end }) => characters.slice(start, end).join(''));
  const isInside = kept.every(({ end }) => end <= characters.length);
  return isInside && lettersOf(parts.join(' ')) === lettersOf(text);
}

function lettersOf(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]/gu, '');
}
