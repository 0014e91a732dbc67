import type { BadCandidate } from '../domain/rank.ts';
import { isBlank } from '../text/normalize/is-blank.ts';

/** Describes a text that is blank although it is not empty. */
export const nothingToRead = 'has nothing to read: only white space or invisible characters';

/**
 * The reasons that a candidate's texts give for not scoring it, before they are tokenized. Title
 * and text may each have `maxBytes` of UTF-8.
 */
export function findBadTexts(
  { text, title = '' }: { readonly text: string; readonly title?: string | undefined },
  maxBytes: number,
): readonly BadCandidate[] {
  if (isBlank(text) && isBlank(title)) {
    const isEmpty = text === '' && title === '';
    return [
      {
        reason: isEmpty ? 'EMPTY' : 'BLANK',
        field: 'text',
        description: `${text === '' ? 'is empty' : nothingToRead}, and there is no title`,
      },
    ];
  }
  return [...findTooLong('title', title, maxBytes), ...findTooLong('text', text, maxBytes)];
}

const nothing: readonly BadCandidate[] = [];

function findTooLong(
  field: 'title' | 'text',
  text: string,
  maxBytes: number,
): readonly BadCandidate[] {
  const bytes = Buffer.byteLength(text);
  return bytes <= maxBytes
    ? nothing
    : [{ reason: 'TOO_LONG', field, description: describeBytes(bytes, maxBytes) }];
}

export function describeBytes(bytes: number, maxBytes: number): string {
  return `has ${bytes} bytes of UTF-8; at most ${maxBytes}`;
}

/**
 * The part of a text that fits into `maxBytes` of UTF-8, in whole characters. `cut` says which side
 * is cut off: 'end' keeps the start of the text, 'start' keeps its end.
 */
export function cutText(text: string, maxBytes: number, cut: 'end' | 'start'): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) {
    return text;
  }
  let index = cut === 'end' ? maxBytes : bytes.length - maxBytes;
  while (isContinuation(bytes[index])) {
    index += cut === 'end' ? -1 : 1;
  }
  return (cut === 'end' ? bytes.subarray(0, index) : bytes.subarray(index)).toString();
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
