/**
 * The tiny model's tokenizer: each letter is a token, and every candidate ends with a full stop.
 */
export function lettersToIds(text: string): Int32Array {
  return Int32Array.from(text, (letter) => 32 + (letter.charCodeAt(0) % 64));
}

export const suffixIds = lettersToIds('.');

/** A batch with this letter ends the thread of the replica on slot "cpu#0" before it runs. */
export const poisonLetter = '~';
export const poisonedSlot = 'cpu#0';
