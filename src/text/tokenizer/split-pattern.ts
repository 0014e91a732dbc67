import { RankError } from '../../base/errors.ts';

/**
 * How a text falls into words before merging, one sticky pattern for each pre-tokenizer we know; it matches at every
 * place of every text. Written apart from the reference's patterns because JavaScript's `\s` and `\d` are not
 * Unicode's: `\s` has U+FEFF and lacks U+0085, `\d` is ASCII only. All take linear time. Hazard: V8's stack for patterns
 * holds about 4 million non-Latin characters without a break (measured on Node 20.20), then `test` throws RangeError.
 */
interface Splitter {
  /** As GGUF calls it; errors use the first. */
  readonly names: readonly [string, ...string[]];
  /** The `normalizer` of the tokenizers of that name. */
  readonly normalizer: { readonly type: 'NFC' } | null;
  /** The `pre_tokenizer` of tokenizer.json, without the options that do not bear on ids. */
  readonly preTokenizer: unknown;
  readonly pattern: RegExp;
  /** What llama.cpp takes for granted of GGUF files of that name. */
  readonly gguf?: { readonly ignoreMerges: boolean; readonly addBos: boolean };
}

const digits = { type: 'Digits', individual_digits: true };
const byteLevel = { type: 'ByteLevel', add_prefix_space: false, use_regex: true };
const bytesOnly = { type: 'ByteLevel', add_prefix_space: false, use_regex: false };

/** Qwen's and Llama 3's splitters differ in how many digits make a word. */
function splitByPattern(numbers: string): Pick<Splitter, 'preTokenizer' | 'pattern'> {
  const written = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${numbers}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;
  // Without regard to case, the long s (U+017F) is an s.
  const contraction = String.raw`'(?:[sStTmMdD\u017f]|[rR][eE]|[vV][eE]|[lL][lL])`;
  const punctuation = String.raw` ?[^\p{White_Space}\p{L}\p{N}]+[\r\n]*`;
  const spaces = String.raw`\p{White_Space}*[\r\n]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+`;
  return {
    preTokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: written }, behavior: 'Isolated', invert: false },
        bytesOnly,
      ],
    },
    pattern: new RegExp(
      String.raw`${contraction}|[^\r\n\p{L}\p{N}]?\p{L}+|${numbers}|${punctuation}|${spaces}`,
      'uy',
    ),
  };
}

const splitters: readonly Splitter[] = [
  {
    names: ['gpt-2'],
    normalizer: null,
    preTokenizer: byteLevel,
    pattern:
      /'(?:[stmd]|re|ve|ll)| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/uy,
  },
  {
    // Digits are split off first, so that white space before one ends like white space before nothing.
    names: ['smollm'],
    normalizer: null,
    preTokenizer: { type: 'Sequence', pretokenizers: [digits, byteLevel] },
    pattern:
      /\p{N}|'(?:[stmd]|re|ve|ll)| ?\p{L}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?![^\p{White_Space}\p{N}])|\p{White_Space}+/uy,
  },
  { names: ['qwen2'], normalizer: { type: 'NFC' }, ...splitByPattern(String.raw`\p{N}`) },
  {
    names: ['llama-bpe', 'llama-v3', 'llama3'],
    normalizer: null,
    ...splitByPattern(String.raw`\p{N}{1,3}`),
    gguf: { ignoreMerges: true, addBos: true },
  },
];

/** Names that GGUF and errors use. */
export const splitterNames: readonly string[] = splitters.map(({ names }) => names[0]);

/** What to write into a tokenizer.json; undefined for a name we do not know. */
export function findSplitter(name: string): Omit<Splitter, 'pattern'> | undefined {
  return splitters.find(({ names }) => names.includes(name));
}

/**
 * A new pattern object for a tokenizer.json's `pre_tokenizer`: its `lastIndex` is the caller's.
 *
 * @throws RankError for one that is not known: a near miss would give ids that are nearly right.
 */
export function parseSplitPattern(preTokenizer: unknown, where: string): RegExp {
  const found = canonical(preTokenizer);
  const splitter = splitters.find((each) => canonical(each.preTokenizer) === found);
  if (splitter === undefined) {
    throw new RankError(
      'invalid-argument',
      `${where}: 'pre_tokenizer' is ${found.slice(0, 300)}; supported are those of ${splitterNames.join(', ')}`,
    );
  }
  return new RegExp(splitter.pattern);
}

/** JSON with sorted keys, without `trim_offsets` (it moves offsets, not ids). */
function canonical(value: unknown): string {
  return JSON.stringify(value ?? null, (key, inner: unknown) => {
    if (key === 'trim_offsets') {
      return undefined;
    }
    return typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort())
      : inner;
  });
}
