import { KeyHeap } from './key-heap.ts';

/** Bytes as byte-level vocabularies spell them: printable ones as themselves, the rest from U+0100 on (GPT-2). */
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
  /** Best first; both parts and their union are in the vocabulary. */
  readonly merges: readonly (readonly [string, string])[];
  /** Stands for a byte that the vocabulary lacks; without it such bytes are left out. */
  readonly unknownId: number | undefined;
  /** Words that are taken whole, whatever merges would make of them: spelling to id. */
  readonly wholeWords?: ReadonlyMap<string, number> | undefined;
}

/** Words longer than this are not remembered: they hardly come again. In characters, as are the next two. */
const longestCachedWord = 32;
/** Longer words get memory of their own for as long as they take, so that one huge word does not hold it for good. */
const longestPooledWord = 4096;
const mostCachedWords = 1 << 15;
/** Position's share of a heap key: key = rank * 2^32 + position, exact below 2^53. */
const rankStep = 2 ** 32;
const none = -1;

/**
 * Byte-pair merging of one word in O(n log n): pairs wait in a heap by rank, then by place, and pairs that an earlier
 * merge has broken are skipped when they come up. When a byte is left out its neighbours become adjacent, as in the
 * reference (SmolLM2 lacks 21 bytes: most occur in no UTF-8, the others are control characters and rare scripts).
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
  /** Of a whole word, in bytes. */
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

  /** Token ids of a word. The result may be shared: read only. Lone surrogates are read as U+FFFD. */
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
    // A slice would keep the whole text it was cut from alive: store a copy.
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

/** The word being merged, as a list linked by position: room for a word of so many characters. */
class Symbols {
  readonly bytes: Uint8Array;
  /** Token ids; `none` for what was merged into its left neighbour. */
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

  /** Merges the symbol at a position with the next one; returns the position before, `none` at the start. */
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

  /** The ids that are left, in order. The caller owns the array. */
  read(): Int32Array {
    const ids = new Int32Array(this.length - this.#merged);
    for (let i = 0, at = 0; i < ids.length; i++, at = this.next[at] ?? none) {
      ids[i] = this.ids[at] ?? none;
    }
    return ids;
  }
}
