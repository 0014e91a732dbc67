import { readFileSync } from 'node:fs';
import { RankError } from '../../base/errors.ts';
import { sha256 } from '../../base/files/sha256.ts';
import { AddedTokens } from './added-tokens.ts';
import { BytePairEncoder, byteSpelling } from './byte-pair.ts';
import { composeText } from './compose.ts';
import { parseTokenizerFile, type TokenizerFile } from './tokenizer-file.ts';

/** A text cut by whole tokens. */
export interface Cut {
  readonly ids: Int32Array;
  readonly truncated: boolean;
}

/** What a tokenizer must be for the model that it stands beside. */
export interface ExpectedTokenizer {
  /** Of its file. */
  readonly sha256: string;
  /** Rows of the embedding. */
  readonly vocabulary: number;
}

/** Byte-level BPE; ids equal to those of the reference (Hugging Face tokenizers) by the same tokenizer.json. */
export interface Tokenizer {
  /** The largest id that any text can be given, by its spelling and by what it spells. */
  readonly largest: { readonly id: number; readonly token: string };
  /** Those of the added tokens that are marked as special. */
  readonly specialTokens: readonly string[];
  /** The template's own text: added tokens such as `<|im_start|>` are recognised. */
  encodeTemplate(text: string): Int32Array;
  /** A caller's text: every character is plain text, whatever it spells. */
  encode(text: string): Int32Array;
  /**
   * The first tokens of `encode(text)`, `limit` at most. Reads no more of the text than it needs. Up to three tokens
   * fewer are kept where the cut would fall inside a character.
   */
  encodeHead(text: string, limit: number): Cut;
  /** The last tokens of `encode(text)`, likewise. Merges no more of the text than it needs. */
  encodeTail(text: string, limit: number): Cut;
}

/**
 * Reads a tokenizer.json.
 *
 * @throws RankError for one that is broken, of a kind we do not encode exactly, or not the one that is expected.
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

/** @throws RankError when a text can have a token that the embedding has no row for. */
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

/** From a tokenizer.json's text; `where` names it in errors. */
export function createTokenizer(text: string, where: string): Tokenizer {
  return new ByteLevelTokenizer(parseTokenizerFile(text, where));
}

/** The id of a word that must be one token, as labels must. @throws RankError saying how many it is. */
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

/** A UTF-8 character has three bytes after its first at most. */
const mostMoved = 3;

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
      const ids = this.#words.encode(words[i] ?? '');
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

  /** All tokens, or those of the first words that are more than `limit` together. */
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
   * The place at or next to `cut`, in steps of `step`, where a character begins; `cut` itself when there is none as
   * near as a character is long, which happens when the vocabulary lacks its first byte.
   */
  #findBoundary(ids: readonly number[], cut: number, step: 1 | -1): number {
    for (let moved = 0; moved <= mostMoved; moved++) {
      const place = cut + moved * step;
      const isEnd = place === 0 || place === ids.length;
      if (isEnd || this.#continues[ids[place] ?? 0] === 0) {
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

/** Merges give ids of the vocabulary only. */
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
