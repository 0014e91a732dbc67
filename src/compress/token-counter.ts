import { sha256 } from '../base/files/sha256.ts';
import type { Manifest } from '../model/manifest.ts';
import { createNormalizer, normalizeRules } from '../text/normalize/normalize.ts';
import type { Tokenizer } from '../text/tokenizer/tokenizer.ts';
import type { TokenCounter } from './compressor.ts';

/** Counts tokens of a candidate's text as the model of this manifest reads them. */
export function createTokenCounter(
  tokenizer: Pick<Tokenizer, 'encode'>,
  { tokenizer: file, normalize = [] }: Pick<Manifest, 'tokenizer' | 'normalize'>,
): TokenCounter {
  const apply = createNormalizer(normalize);
  // Templates have a space before a candidate's text, which is part of its first token.
  const count = (text: string) => (text === '' ? 0 : tokenizer.encode(` ${apply(text)}`).length);
  return { id: sha256(JSON.stringify([file.sha256, normalizeRules, ...normalize])), count };
}
