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
}

/** Words longer than this are not remembered: they hardly come again. */
const longestCachedWord = 32;
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
  readonly #cache = new Map<string, Int32Array>();
  readonly #utf8 = new TextEncoder();
  #bytes = new Uint8Array(256);
  /** The word being merged: id, and neighbours by position, `none` at the ends and for what was merged away. */
  #ids = new Int32Array(256);
  #next = new Int32Array(256);
  #previous = new Int32Array(256);
  readonly #heap = new KeyHeap();

  constructor({ vocabulary, merges, unknownId }: BytePairModel) {
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
  }

  /** Token ids of a word. The result may be shared: read only. Lone surrogates are read as U+FFFD. */
  encode(word: string): Int32Array {
    const cached = this.#cache.get(word);
    if (cached !== undefined) {
      return cached;
    }
    const ids = this.#merge(this.#load(word));
    if (word.length <= longestCachedWord) {
      this.#remember(word, ids);
    }
    return ids;
  }

  #remember(word: string, ids: Int32Array): void {
    if (this.#cache.size >= mostCachedWords) {
      this.#cache.clear();
    }
    // A slice would keep the whole text it was cut from alive: store a copy.
    this.#cache.set(Buffer.from(word, 'utf16le').toString('utf16le'), ids);
  }

  /** Sets up the word's bytes as symbols; returns how many. */
  #load(word: string): number {
    if (this.#bytes.length < word.length * 3) {
      const capacity = word.length * 3;
      this.#bytes = new Uint8Array(capacity);
      this.#ids = new Int32Array(capacity);
      this.#next = new Int32Array(capacity);
      this.#previous = new Int32Array(capacity);
    }
    const { written } = this.#utf8.encodeInto(word, this.#bytes);
    let count = 0;
    for (let i = 0; i < written; i++) {
      const id = this.#byteIds[this.#bytes[i] ?? 0] ?? none;
      if (id !== none) {
        this.#ids[count] = id;
        this.#previous[count] = count - 1;
        this.#next[count] = count + 1;
        count++;
      }
    }
    if (count > 0) {
      this.#next[count - 1] = none;
    }
    return count;
  }

  #merge(count: number): Int32Array {
    for (let at = 0; at + 1 < count; at++) {
      this.#offer(at);
    }
    let length = count;
    for (let key = this.#heap.pop(); key !== undefined; key = this.#heap.pop()) {
      const rank = Math.floor(key / rankStep);
      const at = key - rank * rankStep;
      if (this.#rankAt(at) === rank) {
        this.#join(at, this.#unions[rank] ?? none);
        length--;
      }
    }
    const merged = new Int32Array(length);
    for (let i = 0, at = 0; i < length; i++, at = this.#next[at] ?? none) {
      merged[i] = this.#ids[at] ?? none;
    }
    return merged;
  }

  /** Rank of the pair that begins at a position; undefined when it cannot be merged. */
  #rankAt(at: number): number | undefined {
    const left = this.#ids[at] ?? none;
    const next = this.#next[at] ?? none;
    return left === none || next === none
      ? undefined
      : this.#ranks.get(left * this.#stride + (this.#ids[next] ?? none));
  }

  #offer(at: number): void {
    const rank = this.#rankAt(at);
    if (rank !== undefined) {
      this.#heap.push(rank * rankStep + at);
    }
  }

  #join(at: number, union: number): void {
    const right = this.#next[at] ?? none;
    const after = this.#next[right] ?? none;
    const before = this.#previous[at] ?? none;
    this.#ids[at] = union;
    this.#ids[right] = none;
    this.#next[at] = after;
    if (after !== none) {
      this.#previous[after] = at;
      this.#offer(at);
    }
    if (before !== none) {
      this.#offer(before);
    }
  }
}
