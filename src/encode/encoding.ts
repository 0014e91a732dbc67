import { sha256 } from '../base/files/sha256.ts';
import type { Manifest } from '../model/manifest.ts';
import { normalizeRules } from '../text/normalize/normalize.ts';

/**
 * Hash of everything that turns a candidate's texts into token ids: template, tokenizer and
 * normalizer. Models with equal ones read each other's token ids.
 */
export function encodingOf({
  template,
  tokenizer,
  normalize = [],
}: Pick<Manifest, 'template' | 'tokenizer' | 'normalize'>): string {
  const all = ['slmrank-encoding', template, tokenizer.sha256, normalizeRules, ...normalize];
  return sha256(JSON.stringify(all)).slice(0, 16);
}
