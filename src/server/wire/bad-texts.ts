import type { BadCandidate } from '../../domain/rank.ts';
import { isBlank } from '../../text/normalize/is-blank.ts';
import type { WireCandidate } from '../../proto/generated/slmrank/v1/Candidate.ts';

/** Of a text that is not empty, and yet blank. */
export const nothingToRead = 'has nothing to read: only white space or invisible characters';

/** Why a candidate cannot be scored, as far as its texts say so as they came; each has at most `textBytes`. */
export function findBadTexts(
  { text, title = '' }: Pick<WireCandidate, 'text' | 'title'>,
  textBytes: number,
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
  return [...findTooLong('title', title, textBytes), ...findTooLong('text', text, textBytes)];
}

const nothing: readonly BadCandidate[] = [];

function findTooLong(
  field: 'title' | 'text',
  text: string,
  textBytes: number,
): readonly BadCandidate[] {
  const bytes = Buffer.byteLength(text);
  return bytes <= textBytes
    ? nothing
    : [
        {
          reason: 'TOO_LONG',
          field,
          description: `has ${bytes} bytes of UTF-8; at most ${textBytes}`,
        },
      ];
}
