import { at } from '../base/at.ts';
import type { StateArena } from './state-arena.ts';

/** Rows of the arena with the states of one text's tokens, in order. */
export interface StateEntry {
  readonly key: string;
  readonly rows: Int32Array;
}

interface OwnEntry extends StateEntry {
  /** False while a batch computes it. */
  isReady: boolean;
  /** Requests that are going to read it. An entry with readers is not evicted. */
  readers: number;
}

export interface StateCounts {
  readonly entries: number;
  /** Of the rows in use. */
  readonly bytes: number;
  readonly limitBytes: number;
  /** Candidates since the start. */
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
}

/**
 * Keeps keys and values of texts in a bounded arena, and evicts the ones that were not used for the
 * longest time. It runs on the main thread and touches no states: other threads read and write the
 * rows that it has assigned.
 */
export class StateStore {
  readonly arena: StateArena;
  /** In the order of their last use: the map keeps the order of insertion. */
  readonly #entries = new Map<string, OwnEntry>();
  /** A stack of free rows: the first `#free` ones of the list. */
  readonly #freeRows: Int32Array;
  #free: number;
  /** Rows that a lost thread may still write. */
  #lost = 0;
  #hits = 0;
  #misses = 0;
  #evictions = 0;

  constructor(arena: StateArena) {
    this.arena = arena;
    this.#free = arena.rows;
    // The last one is taken first, so the rows of an entry ascend.
    this.#freeRows = new Int32Array(this.#free);
    for (let i = 0; i < this.#free; i++) {
      this.#freeRows[i] = this.#free - 1 - i;
    }
  }

  get counts(): StateCounts {
    const { width, rows } = this.arena;
    const rowBytes = Uint16Array.BYTES_PER_ELEMENT * width;
    return {
      entries: this.#entries.size,
      bytes: (rows - this.#free) * rowBytes,
      limitBytes: (rows - this.#lost) * rowBytes,
      hits: this.#hits,
      misses: this.#misses,
      evictions: this.#evictions,
    };
  }

  /** A candidate's entry, which is counted as found or not. The caller must `release` it. */
  find(key: string): StateEntry | undefined {
    const entry = this.open(key);
    this.#hits += entry === undefined ? 0 : 1;
    this.#misses += entry === undefined ? 1 : 0;
    return entry;
  }

  /** Like `find`, for texts that all requests share: does not count. */
  open(key: string): StateEntry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || !entry.isReady) {
      return undefined;
    }
    entry.readers += 1;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  release({ key }: StateEntry): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      entry.readers -= 1;
    }
  }

  /**
   * Assigns rows to a new entry, evicting others. It is found once `fill` is called for it.
   *
   * @returns undefined if there is no room, or if there is an entry of this key already.
   */
  reserve(key: string, tokens: number): StateEntry | undefined {
    if (this.#entries.has(key) || !this.#makeRoom(tokens)) {
      return undefined;
    }
    this.#free -= tokens;
    const rows = this.#freeRows.slice(this.#free, this.#free + tokens).reverse();
    const entry: OwnEntry = { key, rows, isReady: false, readers: 0 };
    this.#entries.set(key, entry);
    return entry;
  }

  /** Makes an entry available whose rows have been written. */
  fill({ key }: StateEntry): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      entry.isReady = true;
    }
  }

  /** Removes an entry that was not filled. `isSafe`: no thread writes its rows any more. */
  abandon({ key, rows }: StateEntry, isSafe: boolean): void {
    this.#entries.delete(key);
    if (isSafe) {
      this.#give(rows);
    } else {
      this.#lost += rows.length;
    }
  }

  #makeRoom(tokens: number): boolean {
    if (tokens > this.arena.rows - this.#lost) {
      return false;
    }
    for (const [key, { rows, isReady, readers }] of this.#entries) {
      if (this.#free >= tokens) {
        break;
      }
      if (isReady && readers === 0) {
        this.#entries.delete(key);
        this.#give(rows);
        this.#evictions += 1;
      }
    }
    return this.#free >= tokens;
  }

  #give(rows: Int32Array): void {
    for (let i = rows.length - 1; i >= 0; i--) {
      this.#freeRows[this.#free] = at(rows, i);
      this.#free += 1;
    }
  }
}
