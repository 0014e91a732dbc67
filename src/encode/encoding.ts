import { sha256 } from '../base/files/sha256.ts';
import type { Manifest } from '../model/manifest.ts';
import { normalizeRules } from '../text/normalize/normalize.ts';
import { templateHash } from '../text/template.ts';

/**
 * Names what turns a candidate into token ids: template, tokenizer and normalizer. Models of equal
 * encodings, such as one in two precisions, give equal ids. 16 hex digits.
 */
export function encodingOf({
  template,
  tokenizer,
  normalize = [],
}: Pick<Manifest, 'template' | 'tokenizer' | 'normalize'>): string {
  const rules = normalize.length === 0 ? [] : [normalizeRules, ...normalize];
  const all = ['slmrank-encoding-1', templateHash(template), tokenizer.sha256, ...rules];
  return sha256(JSON.stringify(all)).slice(0, 16);
}
