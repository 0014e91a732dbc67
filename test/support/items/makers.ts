import type { Compressor, SourceText } from '../../../src/items/item/compressor.ts';

/** Keeps the first word, at once. Texts that begin with "bad" make it fail. */
export function firstWord(method: string, version = '1'): Compressor & { seen: string[] } {
  const seen: string[] = [];
  return {
    method,
    version,
    seen,
    compress: ({ text }: SourceText) => {
      seen.push(text);
      const [word = ''] = text.split(' ');
      return word === 'bad'
        ? Promise.reject(new Error('cannot be made short'))
        : Promise.resolve({
            text: word,
            kept: [{ start: 0, end: word.length }],
            tokens: 1,
            rawTokens: text.split(' ').length,
          });
    },
  };
}

/** A compressor whose work ends when the test says so. */
export class HeldCompressor implements Compressor {
  readonly method = 'held';
  readonly version = '1';
  readonly waiting: (() => void)[] = [];

  async compress({ text }: SourceText, signal?: AbortSignal) {
    await new Promise<void>((resolve, reject) => {
      this.waiting.push(resolve);
      signal?.addEventListener('abort', () => reject(new Error('aborted')));
    });
    return { text, kept: [], tokens: 1, rawTokens: 1 };
  }
}
