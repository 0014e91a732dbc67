import { messageOf, RankError } from '../../base/errors.ts';
import { JsonRecord } from '../../base/files/json-record.ts';
import type { AddedToken } from './added-tokens.ts';
import type { BytePairModel } from './byte-pair.ts';
import { parseSplitPattern } from './split-pattern.ts';

/** What a tokenizer.json says, reduced to what decides ids. */
export interface TokenizerFile extends BytePairModel {
  readonly addedTokens: readonly AddedToken[];
  readonly splitPattern: RegExp;
  /** Text is brought to NFC first. */
  readonly composes: boolean;
}

const ids = { min: 0, max: (1 << 24) - 1 };

/**
 * Reads the text of a tokenizer.json: byte-level BPE with a known pre-tokenizer. What we would encode otherwise than
 * the reference does is refused, never approximated. Post-processors and truncation are not read: prompts are built
 * by templates, which say themselves where a BOS stands.
 *
 * @throws RankError naming field, found and supported.
 */
export function parseTokenizerFile(text: string, where: string): TokenizerFile {
  const raw = parseJson(text, where);
  const json = new JsonRecord(raw, where);
  const model = parseModel(json, raw, where);
  const vocabulary = parseVocabulary(model['vocab'], where);
  const addedTokens = parseAddedTokens(json);
  return {
    vocabulary,
    merges: parseMerges(model['merges'], vocabulary, where),
    unknownId: parseUnknown(model['unk_token'], vocabulary, where),
    ...parseWholeWords(model['ignore_merges'], vocabulary, addedTokens),
    addedTokens,
    splitPattern: parseSplitPattern(raw['pre_tokenizer'], where),
    composes: parseNormalizer(raw['normalizer'], where),
  };
}

type RawRecord = Readonly<Record<string, unknown>>;

function parseJson(text: string, where: string): RawRecord {
  try {
    return JSON.parse(text) as RawRecord;
  } catch (cause) {
    fail(where, `not JSON: ${messageOf(cause)}`);
  }
}

/** They change ids, and no byte-level tokenizer we know has them on. */
const unsupported = [
  'dropout',
  'continuing_subword_prefix',
  'end_of_word_suffix',
  'byte_fallback',
  'fuse_unk',
];

function parseModel(json: JsonRecord, raw: RawRecord, where: string): RawRecord {
  json.record('model').oneOf('type', ['BPE']);
  const model = raw['model'] as RawRecord;
  const found = unsupported.find((name) => Boolean(model[name]));
  if (found !== undefined) {
    fail(
      where,
      `'model.${found}' is ${quote(model[found])}; only tokenizers without it are supported`,
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
  return id ?? fail(where, `'model.unk_token' is ${quote(token)}, which is not in 'model.vocab'`);
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
        `'model.vocab' gives ${quote(token)} the id ${quote(id)}; 0 to ${ids.max} is allowed`,
      );
    }
    if (seen.has(id)) {
      fail(where, `'model.vocab' gives ${quote(token)} the id ${id}, which another token has`);
    }
    seen.add(id);
    vocabulary.set(token, id);
  }
  return vocabulary;
}

/** Either `"a b"` or `["a", "b"]`. */
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
      fail(where, `'model.merges[${rank}]' is ${quote(merge)}; two parts are needed`);
    }
    const missing = [left, right, left + right].find((part) => !vocabulary.has(part));
    if (missing !== undefined) {
      fail(where, `'model.merges[${rank}]' needs ${quote(missing)}, which is not in 'model.vocab'`);
    }
    return [left, right];
  });
}

/**
 * With `ignore_merges`, a word that is in the vocabulary is taken whole. Added tokens are left out: a
 * caller's text that spells one is plain text.
 */
function parseWholeWords(
  ignoreMerges: unknown,
  vocabulary: ReadonlyMap<string, number>,
  addedTokens: readonly AddedToken[],
): Pick<TokenizerFile, 'wholeWords'> {
  if (!ignoreMerges) {
    return { wholeWords: undefined };
  }
  const added = new Set(addedTokens.map(({ id }) => id));
  return { wholeWords: new Map([...vocabulary].filter(([, id]) => !added.has(id))) };
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

/** Whether texts are composed: by none, NFC, or a sequence of these, however deep or empty. */
function parseNormalizer(normalizer: unknown, where: string): boolean {
  const found = composes(normalizer);
  return (
    found ??
    fail(
      where,
      `'normalizer' is ${quote(normalizer)}; none, NFC, or a sequence of these is supported`,
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

function quote(value: unknown): string {
  const text = value === undefined ? 'missing' : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function fail(where: string, problem: string): never {
  throw new RankError('invalid-argument', `${where}: ${problem}`);
}
