import { RankError } from '../../base/errors.ts';

/**
 * A known pre-tokenizer, which splits a text into words before merging. Its sticky pattern matches
 * at every place of every text, in linear time. The patterns differ from those of the reference
 * because JavaScript's `\s` and `\d` are not Unicode's: `\s` has U+FEFF and lacks U+0085, `\d` is
 * ASCII only.
 *
 * Hazard: V8's pattern stack overflows after about 4 million non-Latin characters without a break
 * (measured on Node 20.20). `test` then throws RangeError.
 */
interface Splitter {
  /** Its names in GGUF. Errors use the first. */
  readonly names: readonly [string, ...string[]];
  /** The `normalizer` of tokenizers with this pre-tokenizer. */
  readonly normalizer: { readonly type: 'NFC' } | null;
  /** The `pre_tokenizer` in tokenizer.json, without options that do not affect ids. */
  readonly preTokenizer: unknown;
  readonly pattern: RegExp;
  /** What llama.cpp assumes about GGUF files with this name. */
  readonly gguf?: { readonly ignoreMerges: boolean; readonly addBos: boolean };
}

const digits = { type: 'Digits', individual_digits: true };
const byteLevel = { type: 'ByteLevel', add_prefix_space: false, use_regex: true };
const bytesOnly = { type: 'ByteLevel', add_prefix_space: false, use_regex: false };

/** Qwen's and Llama 3's splitters differ only in how many digits make a word. */
function splitByPattern(numbers: string): Pick<Splitter, 'preTokenizer' | 'pattern'> {
  const written = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${numbers}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;
  // When case is ignored, the long s (U+017F) counts as an s.
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
    // Digits are split off first, so white space before a digit counts as white space at the end.
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

/** The first name of each splitter, for GGUF and errors. */
export const splitterNames: readonly string[] = splitters.map(({ names }) => names[0]);

/** What to write into a tokenizer.json for a GGUF name; undefined for an unknown name. */
export function findSplitter(name: string): Omit<Splitter, 'pattern'> | undefined {
  return splitters.find(({ names }) => names.includes(name));
}

/**
 * A new pattern for a tokenizer.json's `pre_tokenizer`. The caller owns it, with its `lastIndex`.
 *
 * @throws RankError when it is unknown, as a similar one would give ids that are nearly right.
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
