import { RankError } from '../../base/errors.ts';
import { JsonRecord, show } from '../../base/files/json-record.ts';
import type { AddedToken } from './added-tokens.ts';
import type { BytePairModel } from './byte-pair.ts';
import { parseSplitPattern } from './split-pattern.ts';

/** The content of a tokenizer.json that decides ids. */
export interface TokenizerFile extends BytePairModel {
  readonly addedTokens: readonly AddedToken[];
  readonly splitPattern: RegExp;
  /** Whether texts are converted to NFC first. */
  readonly composes: boolean;
}

const ids = { min: 0, max: (1 << 24) - 1 };

/**
 * Parses the text of a tokenizer.json: byte-level BPE with a known pre-tokenizer. A tokenizer whose
 * ids would differ from the reference's is refused. Post-processors and truncation are ignored,
 * because prompts are built from templates, which contain the BOS themselves.
 *
 * @throws RankError naming the field, what was found and what is supported.
 */
export function parseTokenizerFile(text: string, where: string): TokenizerFile {
  const json = JsonRecord.parse(text, where);
  const model = parseModel(json, where);
  const vocabulary = parseVocabulary(model.raw('vocab'), where);
  const addedTokens = parseAddedTokens(json);
  return {
    vocabulary,
    merges: parseMerges(model.raw('merges'), vocabulary, where),
    unknownId: parseUnknown(model.raw('unk_token'), vocabulary, where),
    wholeWords: parseWholeWords(model.raw('ignore_merges'), vocabulary, addedTokens),
    addedTokens,
    splitPattern: parseSplitPattern(json.raw('pre_tokenizer'), where),
    composes: parseNormalizer(json.raw('normalizer'), where),
  };
}

/** Options that change ids. No byte-level tokenizer that we know uses them. */
const unsupported = [
  'dropout',
  'continuing_subword_prefix',
  'end_of_word_suffix',
  'byte_fallback',
  'fuse_unk',
];

function parseModel(json: JsonRecord, where: string): JsonRecord {
  const model = json.record('model');
  model.oneOf('type', ['BPE']);
  const found = unsupported.find((name) => Boolean(model.raw(name)));
  if (found !== undefined) {
    fail(
      where,
      `'model.${found}' is ${show(model.raw(found))}; only tokenizers without it are supported`,
    );
  }
  return model;
}

function parseUnknown(
  token: unknown,
  vocabulary: ReadonlyMap<string, number>,
  where: string,
): number | undefined {
  if (token === undefined || token === null) {
    return undefined;
  }
  const id = typeof token === 'string' ? vocabulary.get(token) : undefined;
  return id ?? fail(where, `'model.unk_token' is ${show(token)}, which is not in 'model.vocab'`);
}

function parseVocabulary(value: unknown, where: string): ReadonlyMap<string, number> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    fail(where, "'model.vocab' is not an object");
  }
  const vocabulary = new Map<string, number>();
  const seen = new Set<number>();
  for (const [token, id] of Object.entries(value)) {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < ids.min || id > ids.max) {
      fail(
        where,
        `'model.vocab' gives ${show(token)} the id ${show(id)}; 0 to ${ids.max} is allowed`,
      );
    }
    if (seen.has(id)) {
      fail(where, `'model.vocab' gives ${show(token)} the id ${id}, which another token has`);
    }
    seen.add(id);
    vocabulary.set(token, id);
  }
  return vocabulary;
}

/** A merge is written as `"a b"` or as `["a", "b"]`. */
function parseMerges(
  value: unknown,
  vocabulary: ReadonlyMap<string, number>,
  where: string,
): (readonly [string, string])[] {
  if (!Array.isArray(value)) {
    fail(where, "'model.merges' is not a list");
  }
  return value.map((merge: unknown, rank) => {
    const parts: readonly unknown[] =
      typeof merge === 'string' ? merge.split(' ') : Array.isArray(merge) ? merge : [];
    const [left, right] = parts;
    if (parts.length !== 2 || typeof left !== 'string' || typeof right !== 'string') {
      fail(where, `'model.merges[${rank}]' is ${show(merge)}; two parts are needed`);
    }
    const missing = [left, right, left + right].find((part) => !vocabulary.has(part));
    if (missing !== undefined) {
      fail(where, `'model.merges[${rank}]' needs ${show(missing)}, which is not in 'model.vocab'`);
    }
    return [left, right];
  });
}

/**
 * With `ignore_merges`, a word in the vocabulary becomes one token. Added tokens are left out,
 * because a caller's text that spells one is plain text.
 */
function parseWholeWords(
  ignoreMerges: unknown,
  vocabulary: ReadonlyMap<string, number>,
  addedTokens: readonly AddedToken[],
): TokenizerFile['wholeWords'] {
  if (!ignoreMerges) {
    return undefined;
  }
  const added = new Set(addedTokens.map(({ id }) => id));
  return new Map([...vocabulary].filter(([, id]) => !added.has(id)));
}

function parseAddedTokens(json: JsonRecord): AddedToken[] {
  if (!json.has('added_tokens')) {
    return [];
  }
  return json.records('added_tokens').map((token) => {
    const isSet = (name: string) => token.has(name) && token.flag(name);
    return {
      id: token.count('id', ids),
      content: token.text('content', /./s, 'text that is not empty'),
      lstrip: isSet('lstrip'),
      rstrip: isSet('rstrip'),
      singleWord: isSet('single_word'),
      special: isSet('special'),
    };
  });
}

/** Whether texts are composed. A normalizer is absent, NFC, or a sequence of such normalizers. */
function parseNormalizer(normalizer: unknown, where: string): boolean {
  const found = composes(normalizer);
  return (
    found ??
    fail(
      where,
      `'normalizer' is ${show(normalizer)}; none, NFC, or a sequence of these is supported`,
    )
  );
}

function composes(normalizer: unknown): boolean | undefined {
  if (normalizer === undefined || normalizer === null) {
    return false;
  }
  const { type, normalizers } = normalizer as { type?: unknown; normalizers?: unknown };
  if (type === 'Sequence' && Array.isArray(normalizers)) {
    const each = normalizers.map(composes);
    return each.includes(undefined) ? undefined : each.includes(true);
  }
  return type === 'NFC' ? true : undefined;
}

function fail(where: string, problem: string): never {
  throw new RankError('invalid-argument', `${where}: ${problem}`);
}
