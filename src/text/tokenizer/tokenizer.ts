import { readFileSync } from 'node:fs';
import { at } from '../../base/at.ts';
import { RankError } from '../../base/errors.ts';
import { sha256 } from '../../base/files/sha256.ts';
import { AddedTokens } from './added-tokens.ts';
import { BytePairEncoder, byteSpelling } from './byte-pair.ts';
import { composeText } from './compose.ts';
import { parseTokenizerFile, type TokenizerFile } from './tokenizer-file.ts';

/** The tokens of a text that may have been truncated. */
export interface Cut {
  readonly ids: Int32Array;
  readonly truncated: boolean;
}

/** The properties that a model expects of its tokenizer. */
export interface ExpectedTokenizer {
  /** SHA-256 of the tokenizer's file. */
  readonly sha256: string;
  /** Rows of the model's embedding. */
  readonly vocabulary: number;
}

/** Byte-level BPE. Ids equal those of Hugging Face tokenizers with the same tokenizer.json. */
export interface Tokenizer {
  /** The largest id that a text can have, with its token. */
  readonly largest: { readonly id: number; readonly token: string };
  /** The added tokens that are marked as special. */
  readonly specialTokens: readonly string[];
  /** Encodes a template's own text, in which added tokens such as `<|im_start|>` are recognised. */
  encodeTemplate(text: string): Int32Array;
  /** Encodes a caller's text, in which no special token is recognised. */
  encode(text: string): Int32Array;
  /**
   * The first tokens of `encode(text)`, at most `limit`, and up to three fewer where the cut would
   * be inside a character. Encodes only as much of the text as needed.
   */
  encodeHead(text: string, limit: number): Cut;
  /**
   * The last tokens of `encode(text)`, in the same way. Splits the whole text, but merges only its
   * end.
   */
  encodeTail(text: string, limit: number): Cut;
}

/**
 * Loads a tokenizer.json.
 *
 * @throws RankError when it is malformed, of an unsupported kind, or not the expected file.
 */
export function loadTokenizer(path: string, expected?: ExpectedTokenizer): Tokenizer {
  const bytes = readFileSync(path);
  const found = expected === undefined ? undefined : sha256(bytes);
  if (expected !== undefined && found !== expected.sha256) {
    throw new RankError(
      'unavailable',
      `${path} is not the file that was verified: it has SHA-256 ${found ?? ''}, the manifest says ${expected.sha256}`,
    );
  }
  const tokenizer = createTokenizer(bytes.toString('utf8'), path);
  if (expected !== undefined) {
    assertVocabulary(tokenizer, expected.vocabulary, path);
  }
  return tokenizer;
}

/** @throws RankError when the tokenizer has an id for which the embedding has no row. */
export function assertVocabulary(
  { largest }: Pick<Tokenizer, 'largest'>,
  vocabulary: number,
  where: string,
): void {
  if (largest.id >= vocabulary) {
    throw new RankError(
      'invalid-argument',
      `${where} gives the token ${JSON.stringify(largest.token)} the id ${largest.id}; the model's embedding has ${vocabulary} rows, for ids 0 to ${vocabulary - 1}`,
    );
  }
}

/** A tokenizer from the text of a tokenizer.json. `where` names the file in errors. */
export function createTokenizer(text: string, where: string): Tokenizer {
  return new ByteLevelTokenizer(parseTokenizerFile(text, where));
}

/** The id of a label, which must be one token. @throws RankError with its number of tokens. */
export function singleTokenId(tokenizer: Tokenizer, word: string): number {
  const ids = tokenizer.encode(word);
  const [id] = ids;
  if (id === undefined || ids.length !== 1) {
    throw new RankError(
      'invalid-argument',
      `label '${word}' is ${ids.length} tokens; each label must be one`,
    );
  }
  return id;
}

/** A UTF-8 character has at most three bytes after its first. */
const maxMoved = 3;

class ByteLevelTokenizer implements Tokenizer {
  readonly largest: Tokenizer['largest'];
  readonly specialTokens: readonly string[];
  readonly #words: BytePairEncoder;
  readonly #splitPattern: RegExp;
  readonly #composes: boolean;
  readonly #added: AddedTokens;
  /** Whether a token begins inside a UTF-8 character. [vocabulary] */
  readonly #continues: Uint8Array;

  constructor(file: TokenizerFile) {
    this.#words = new BytePairEncoder(file);
    this.#splitPattern = file.splitPattern;
    this.#composes = file.composes;
    this.specialTokens = file.addedTokens
      .filter(({ special }) => special)
      .map(({ content }) => content);
    this.#added = new AddedTokens(file.addedTokens);
    this.#continues = findContinuing(file.vocabulary);
    this.largest = findLargest(file);
  }

  encodeTemplate(text: string): Int32Array {
    const ids: number[] = [];
    let end = 0;
    for (const place of this.#added.find(text)) {
      append(ids, this.encode(text.slice(end, place.start)));
      ids.push(place.id);
      ({ end } = place);
    }
    append(ids, this.encode(text.slice(end)));
    return Int32Array.from(ids);
  }

  encode(text: string): Int32Array {
    return Int32Array.from(this.#encodeUpTo(text, Infinity));
  }

  encodeHead(text: string, limit: number): Cut {
    const ids = this.#encodeUpTo(text, limit);
    if (ids.length <= limit) {
      return { ids: Int32Array.from(ids), truncated: false };
    }
    const end = this.#findBoundary(ids, limit, -1);
    return { ids: Int32Array.from(ids.slice(0, end)), truncated: true };
  }

  encodeTail(text: string, limit: number): Cut {
    const words = [...this.#split(text)];
    const kept: Int32Array[] = [];
    let count = 0;
    for (let i = words.length - 1; i >= 0 && count <= limit; i--) {
      const ids = this.#words.encode(at(words, i));
      kept.push(ids);
      count += ids.length;
    }
    const ids: number[] = [];
    for (const word of kept.reverse()) {
      append(ids, word);
    }
    if (count <= limit) {
      return { ids: Int32Array.from(ids), truncated: false };
    }
    const start = this.#findBoundary(ids, count - limit, 1);
    return { ids: Int32Array.from(ids.slice(start)), truncated: true };
  }

  /** The tokens of words from the start, until there are more than `limit` or the text ends. */
  #encodeUpTo(text: string, limit: number): number[] {
    const ids: number[] = [];
    for (const word of this.#split(text)) {
      append(ids, this.#words.encode(word));
      if (ids.length > limit) {
        break;
      }
    }
    return ids;
  }

  *#split(text: string): Generator<string> {
    const source = this.#composes ? composeText(text) : text;
    const pattern = new RegExp(this.#splitPattern);
    for (let start = 0; start < source.length; start = pattern.lastIndex) {
      pattern.lastIndex = start;
      if (!pattern.test(source)) {
        throw new RankError('internal', `no word begins at character ${start}; this is a bug`);
      }
      yield source.slice(start, pattern.lastIndex);
    }
  }

  /**
   * The first place from `cut` on, in steps of `step`, at which a character begins. It is `cut`
   * itself when there is none within a character's length: the vocabulary lacks the character's
   * first byte.
   */
  #findBoundary(ids: readonly number[], cut: number, step: 1 | -1): number {
    for (let moved = 0; moved <= maxMoved; moved++) {
      const place = cut + moved * step;
      const isEnd = place === 0 || place === ids.length;
      if (isEnd || this.#continues[at(ids, place)] === 0) {
        return place;
      }
    }
    return cut;
  }
}

function findContinuing(vocabulary: ReadonlyMap<string, number>): Uint8Array {
  const continuing = new Set(byteSpelling.slice(0x80, 0xc0));
  const marks = new Uint8Array(
    1 + [...vocabulary.values()].reduce((most, id) => Math.max(most, id), 0),
  );
  for (const [spelling, id] of vocabulary) {
    marks[id] = continuing.has(spelling.charAt(0)) ? 1 : 0;
  }
  return marks;
}

/** Merges produce ids of the vocabulary only, so they need not be searched. */
function findLargest({ vocabulary, addedTokens }: TokenizerFile): Tokenizer['largest'] {
  let largest = { id: -1, token: '' };
  for (const [token, id] of vocabulary) {
    largest = id > largest.id ? { id, token } : largest;
  }
  for (const { id, content: token } of addedTokens) {
    largest = id > largest.id ? { id, token } : largest;
  }
  return largest;
}

function append(ids: number[], more: Int32Array): void {
  for (const id of more) {
    ids.push(id);
  }
}
