import { sha256 } from '../base/files/sha256.ts';
import type { Background } from './text/background.ts';
import { keepAll, keepHead, keepPhrases } from './compressed-text.ts';
import type {
  Budget,
  CompressedText,
  CompressionMethod,
  Compressor,
  SourceText,
  TokenCounter,
} from './compressor.ts';
import { packPhrases, PhraseCosts, weighPhrases } from './select.ts';
import { cutPhrases } from './text/phrases.ts';

/** Goes up with every change of a result, so that kept results are known to be old. */
export const revision = 1;

export interface CompressorParts {
  readonly counter: TokenCounter;
  readonly background: Background;
  readonly budget: Budget;
}

/** The compressors that need no model: fractions of a millisecond to a few milliseconds a text. */
export function createCompressor(
  method: Exclude<CompressionMethod, 'search'>,
  parts: CompressorParts,
): Compressor {
  const { counter, background } = parts;
  const compress = (source: SourceText): CompressedText => {
    const { text } = source;
    const tokens = tokensFor(source, parts.budget);
    switch (method) {
      case 'none':
        return keepAll(text, counter);
      case 'title':
        return hasTitle(source) ? keepHead(text, 0, counter) : keepHead(text, tokens, counter);
      case 'head':
        return keepHead(text, tokens, counter);
      case 'phrases':
        return keepWeightiest(text, tokens, parts);
    }
  };
  const decides = method === 'phrases' ? [background.id] : [];
  return {
    method,
    version: versionOf(method, parts, decides),
    compress: (source) => Promise.resolve(compress(source)),
  };
}

/** Everything that decides a result: what all methods share, and what one adds. */
export function versionOf(
  method: CompressionMethod,
  { counter, budget }: CompressorParts,
  decides: readonly (string | number)[],
): string {
  const { titled, untitled } = budget;
  const all = ['slmrank-compress', revision, method, titled, untitled, counter.id, ...decides];
  return sha256(JSON.stringify(all)).slice(0, 16);
}

export function tokensFor(source: SourceText, { titled, untitled }: Budget): number {
  return hasTitle(source) ? titled : untitled;
}

function hasTitle({ title }: SourceText): boolean {
  return title !== undefined && title.trim() !== '';
}

/** All of a text that fits, else phrases by weight; the head where no phrase is found or fits. */
function keepWeightiest(text: string, tokens: number, parts: CompressorParts): CompressedText {
  const { counter, background } = parts;
  if (counter.count(text) <= tokens) {
    return keepAll(text, counter);
  }
  const cut = cutPhrases(text, background);
  const costs = new PhraseCosts(cut.phrases, counter);
  const weights = new Map(weighPhrases(cut, background).entries());
  const indices = packPhrases(cut.phrases, weights, { costs, tokens });
  return indices.length === 0
    ? keepHead(text, tokens, counter)
    : keepPhrases(text, cut.phrases, { indices, tokens, counter });
}
