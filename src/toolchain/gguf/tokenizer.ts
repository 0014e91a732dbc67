import { findSplitter, splitterNames } from '../../text/tokenizer/split-pattern.ts';
import { type DescribedFile, findNumbers, findString, findStrings } from './metadata.ts';
import { quote, refuse, within } from '../files/checkpoint.ts';

/** The token types of GGML that matter here; all others are ordinary vocabulary. */
const controlType = 3;
const userDefinedType = 4;

/**
 * Makes a tokenizer.json from the vocabulary of a GGUF file, with the same token ids. Byte-level
 * BPE (`gpt2` in GGUF) with a known pre-tokenizer is supported. The unknown token is left out,
 * because byte-level BPE never produces it.
 *
 * @throws CheckpointError naming the key, what was found and what is supported.
 */
export function buildTokenizerJson(gguf: DescribedFile): string {
  const model = findString(gguf, 'tokenizer.ggml.model');
  if (model !== 'gpt2') {
    refuseKey(gguf, 'tokenizer.ggml.model', model, 'gpt2 (byte-level BPE)');
  }
  const pre = findString(gguf, 'tokenizer.ggml.pre');
  const splitter = findSplitter(pre ?? '');
  if (splitter === undefined) {
    return refuseKey(gguf, 'tokenizer.ggml.pre', pre, splitterNames.join(', '));
  }
  const tokens = requireStrings(gguf, 'tokenizer.ggml.tokens');
  const merges = requireStrings(gguf, 'tokenizer.ggml.merges');
  const ignoresMerges = splitter.gguf?.ignoreMerges ?? false;
  const added = findAddedTokens(gguf, tokens);
  return JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer: splitter.normalizer,
    pre_tokenizer: splitter.preTokenizer,
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: ignoresMerges,
      vocab: indexTokens(gguf, tokens),
      merges: merges.map((merge, rank) => parseMerge(gguf, merge, rank)),
    },
  });
}

function requireStrings(gguf: DescribedFile, key: string): readonly string[] {
  return findStrings(gguf, key) ?? refuseKey(gguf, key, undefined, 'strings');
}

/** Control tokens are special; converters mark other added tokens as user-defined. */
function findAddedTokens(gguf: DescribedFile, tokens: readonly string[]): object[] {
  const key = 'tokenizer.ggml.token_type';
  const types = findNumbers(gguf, key);
  if (types?.length !== tokens.length) {
    return refuseKey(
      gguf,
      key,
      types && `${types.length} values`,
      `one for each of ${tokens.length} tokens`,
    );
  }
  return tokens.flatMap((content, id) => {
    const type = Number(types[id]);
    return type === controlType || type === userDefinedType
      ? [
          {
            id,
            content,
            single_word: false,
            lstrip: false,
            rstrip: false,
            normalized: false,
            special: type === controlType,
          },
        ]
      : [];
  });
}

function indexTokens(
  gguf: DescribedFile,
  tokens: readonly string[],
): Readonly<Record<string, number>> {
  const ids = new Map(tokens.map((token, id) => [token, id]));
  if (ids.size !== tokens.length) {
    const repeated = tokens.find((token, id) => ids.get(token) !== id) ?? '';
    refuseKey(gguf, 'tokenizer.ggml.tokens', `${quote(repeated)} repeated`, 'each token once');
  }
  return Object.fromEntries(ids);
}

function parseMerge(gguf: DescribedFile, merge: string, rank: number): readonly string[] {
  const parts = merge.split(' ');
  return parts.length === 2 && !parts.includes('')
    ? parts
    : refuseKey(
        gguf,
        `tokenizer.ggml.merges[${rank}]`,
        merge,
        'two parts and one space between them',
      );
}

function refuseKey(gguf: DescribedFile, key: string, found: unknown, allowed: string): never {
  return refuse(within(gguf.source.name, `metadata ${quote(key)}`), 'the value', found, allowed);
}
