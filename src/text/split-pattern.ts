import { RankError } from '../errors.ts';

/**
 * How a text falls into words before merging, one sticky pattern for each pre-tokenizer we know; it matches at every
 * place of every text. Written apart from the reference's patterns because JavaScript's `\s` and `\d` are not
 * Unicode's: `\s` has U+FEFF and lacks U+0085, `\d` is ASCII only. All take linear time. Hazard: V8's stack for patterns
 * holds about 4 million non-Latin characters without a break (measured on Node 20.20), then `test` throws RangeError.
 */
interface Splitter {
  /** As GGUF calls it. */
  readonly name: string;
  /** The `normalizer` of the tokenizers of that name. */
  readonly normalizer: { readonly type: 'NFC' } | null;
  /** The `pre_tokenizer` of tokenizer.json, without the options that do not bear on ids. */
  readonly preTokenizer: unknown;
  readonly pattern: RegExp;
}

const qwen2 =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

const digits = { type: 'Digits', individual_digits: true };
const byteLevel = { type: 'ByteLevel', add_prefix_space: false, use_regex: true };
const bytesOnly = { type: 'ByteLevel', add_prefix_space: false, use_regex: false };

const splitters: readonly Splitter[] = [
  {
    name: 'gpt-2',
    normalizer: null,
    preTokenizer: byteLevel,
    pattern:
      /'(?:[stmd]|re|ve|ll)| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/uy,
  },
  {
    // Digits are split off first, so that white space before one ends like white space before nothing.
    name: 'smollm',
    normalizer: null,
    preTokenizer: { type: 'Sequence', pretokenizers: [digits, byteLevel] },
    pattern:
      /\p{N}|'(?:[stmd]|re|ve|ll)| ?\p{L}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?![^\p{White_Space}\p{N}])|\p{White_Space}+/uy,
  },
  {
    // Without regard to case, the long s (U+017F) is an s.
    name: 'qwen2',
    normalizer: { type: 'NFC' },
    preTokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: qwen2 }, behavior: 'Isolated', invert: false },
        bytesOnly,
      ],
    },
    pattern:
      /'(?:[sStTmMdD\u017f]|[rR][eE]|[vV][eE]|[lL][lL])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\p{White_Space}\p{L}\p{N}]+[\r\n]*|\p{White_Space}*[\r\n]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/uy,
  },
];

/** Names that GGUF and errors use. */
export const splitterNames: readonly string[] = splitters.map(({ name }) => name);

/** What to write into a tokenizer.json; undefined for a name we do not know. */
export function findSplitter(name: string): Omit<Splitter, 'pattern'> | undefined {
  return splitters.find((splitter) => splitter.name === name);
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
