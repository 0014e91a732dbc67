import { KeyHeap } from './key-heap.ts';

/**
 * The character that stands for each byte in byte-level vocabularies (GPT-2): printable bytes stand
 * for themselves, the others are U+0100 and following. [256]
 */
export const byteSpelling: readonly string[] = spellBytes();

function spellBytes(): string[] {
  let shifted = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable =
      (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad && byte <= 0xff);
    return String.fromCharCode(printable ? byte : shifted++);
  });
}

export interface BytePairModel {
  /** Byte-level spelling to id. */
  readonly vocabulary: ReadonlyMap<string, number>;
  /** By rank, best first. Both parts and their union are in the vocabulary. */
  readonly merges: readonly (readonly [string, string])[];
  /** The id for a byte that the vocabulary lacks. Without it such bytes are left out. */
  readonly unknownId: number | undefined;
  /** Words that become one token without merging: spelling to id. */
  readonly wholeWords?: ReadonlyMap<string, number> | undefined;
}

/** Longer words are not cached, as they rarely recur. In characters, as is the next limit. */
const longestCachedWord = 32;
/** Longer words get temporary memory, so that the pooled memory stays small after a huge word. */
const longestPooledWord = 4096;
const mostCachedWords = 1 << 15;
/** A heap key is rank * 2^32 + position, which is exact below 2^53. */
const rankStep = 2 ** 32;
const none = -1;

/**
 * Byte-pair merging of one word in O(n log n). Pairs are in a heap, ordered by rank and then
 * position. A pair that an earlier merge has broken is skipped when it is popped. When a byte is
 * left out, its neighbours become adjacent, as in the reference (SmolLM2 lacks 21 bytes: most occur
 * in no UTF-8, the others in control characters and rare scripts).
 */
export class BytePairEncoder {
  /** [256] */
  readonly #byteIds: Int32Array;
  /** left id * stride + right id -> rank */
  readonly #ranks = new Map<number, number>();
  /** Rank -> id of the union. */
  readonly #unions: Int32Array;
  readonly #stride: number;
  readonly #wholeWords: BytePairModel['wholeWords'];
  /** Length of the longest whole word, in bytes. */
  readonly #longestWhole: number;
  readonly #cache = new Map<string, Int32Array>();
  readonly #utf8 = new TextEncoder();
  readonly #pooled = new Symbols(longestPooledWord);

  constructor({ vocabulary, merges, unknownId, wholeWords }: BytePairModel) {
    const idOf = (spelling: string) => vocabulary.get(spelling) ?? none;
    this.#byteIds = Int32Array.from(
      byteSpelling,
      (spelling) => vocabulary.get(spelling) ?? unknownId ?? none,
    );
    this.#stride = 1 + [...vocabulary.values()].reduce((most, id) => Math.max(most, id), 0);
    this.#unions = Int32Array.from(merges, ([left, right]) => idOf(left + right));
    merges.forEach(([left, right], rank) => {
      this.#ranks.set(idOf(left) * this.#stride + idOf(right), rank);
    });
    this.#wholeWords = wholeWords;
    this.#longestWhole = [...(wholeWords?.keys() ?? [])].reduce(
      (most, { length }) => Math.max(most, length),
      0,
    );
  }

  /**
   * Token ids of a word. The array is cached: do not write to it. Lone surrogates count as U+FFFD.
   */
  encode(word: string): Int32Array {
    const cached = this.#cache.get(word);
    if (cached !== undefined) {
      return cached;
    }
    const ids = this.#findWhole(word) ?? this.#encodeByMerges(word);
    if (word.length <= longestCachedWord) {
      this.#remember(word, ids);
    }
    return ids;
  }

  #findWhole(word: string): Int32Array | undefined {
    if (this.#wholeWords === undefined || word.length > this.#longestWhole) {
      return undefined;
    }
    const spelling = Array.from(this.#utf8.encode(word), (byte) => byteSpelling[byte]).join('');
    const id = this.#wholeWords.get(spelling);
    return id === undefined ? undefined : Int32Array.of(id);
  }

  #encodeByMerges(word: string): Int32Array {
    const symbols = word.length <= longestPooledWord ? this.#pooled : new Symbols(word.length);
    this.#load(symbols, word);
    this.#merge(symbols);
    return symbols.read();
  }

  #remember(word: string, ids: Int32Array): void {
    if (this.#cache.size >= mostCachedWords) {
      this.#cache.clear();
    }
    // The word is a slice, which would keep its whole text in memory: store a copy.
    this.#cache.set(Buffer.from(word, 'utf16le').toString('utf16le'), ids);
  }

  #load(symbols: Symbols, word: string): void {
    const { written } = this.#utf8.encodeInto(word, symbols.bytes);
    symbols.clear();
    for (let i = 0; i < written; i++) {
      const id = this.#byteIds[symbols.bytes[i] ?? 0] ?? none;
      if (id !== none) {
        symbols.append(id);
      }
    }
  }

  #merge(symbols: Symbols): void {
    const { heap } = symbols;
    for (let at = 0; at < symbols.length; at++) {
      this.#offer(symbols, at);
    }
    for (let key = heap.pop(); key !== undefined; key = heap.pop()) {
      const rank = Math.floor(key / rankStep);
      const at = key - rank * rankStep;
      if (this.#rankAt(symbols, at) === rank) {
        const before = symbols.join(at, this.#unions[rank] ?? none);
        this.#offer(symbols, at);
        if (before !== none) {
          this.#offer(symbols, before);
        }
      }
    }
  }

  /** Rank of the pair that begins at a position; undefined when it cannot be merged. */
  #rankAt({ ids, next }: Symbols, at: number): number | undefined {
    const right = next[at] ?? none;
    const left = ids[at] ?? none;
    return left === none || right === none
      ? undefined
      : this.#ranks.get(left * this.#stride + (ids[right] ?? none));
  }

  #offer(symbols: Symbols, at: number): void {
    const rank = this.#rankAt(symbols, at);
    if (rank !== undefined) {
      symbols.heap.push(rank * rankStep + at);
    }
  }
}

/** The word that is being merged, as a list that is linked by position. */
class Symbols {
  readonly bytes: Uint8Array;
  /** Token ids; `none` at positions that were merged into their left neighbour. */
  readonly ids: Int32Array;
  /** Neighbours by position, `none` at the ends. */
  readonly next: Int32Array;
  readonly previous: Int32Array;
  /** Pairs that may be merged, best first. */
  readonly heap = new KeyHeap();
  /** Positions in use, merged or not. */
  length = 0;
  #merged = 0;

  constructor(characters: number) {
    const bytes = characters * 3;
    this.bytes = new Uint8Array(bytes);
    this.ids = new Int32Array(bytes);
    this.next = new Int32Array(bytes);
    this.previous = new Int32Array(bytes);
  }

  clear(): void {
    this.length = 0;
    this.#merged = 0;
  }

  append(id: number): void {
    const at = this.length++;
    this.ids[at] = id;
    this.previous[at] = at - 1;
    this.next[at] = none;
    if (at > 0) {
      this.next[at - 1] = at;
    }
  }

  /** Merges a symbol with the next one. Returns the position before it, `none` at the start. */
  join(at: number, union: number): number {
    const right = this.next[at] ?? none;
    const after = this.next[right] ?? none;
    this.ids[at] = union;
    this.ids[right] = none;
    this.next[at] = after;
    if (after !== none) {
      this.previous[after] = at;
    }
    this.#merged++;
    return this.previous[at] ?? none;
  }

  /** The remaining ids, in order. The caller owns the array. */
  read(): Int32Array {
    const ids = new Int32Array(this.length - this.#merged);
    for (let i = 0, at = 0; i < ids.length; i++, at = this.next[at] ?? none) {
      ids[i] = this.ids[at] ?? none;
    }
    return ids;
  }
}
