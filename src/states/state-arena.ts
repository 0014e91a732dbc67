import { at } from '../base/at.ts';

/** A model's sizes that decide the states of a token. */
export interface StateShape {
  readonly layers: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

/** fp16 values of the keys and values of one token in all layers. */
export function stateWidth({ layers, kvHeads, headDim }: StateShape): number {
  return 2 * layers * kvHeads * headDim;
}

/**
 * Memory that all threads share, divided into rows. A row has the keys and values of one token in
 * all layers, in fp16.
 */
export class StateArena {
  readonly buffer: SharedArrayBuffer;
  /** fp16 values of a row. */
  readonly width: number;
  readonly #values: Uint16Array;

  constructor(buffer: SharedArrayBuffer, width: number) {
    this.buffer = buffer;
    this.width = width;
    this.#values = new Uint16Array(buffer);
  }

  /** The operating system gives the memory page by page, when rows are written. */
  static ofBytes(bytes: number, width: number): StateArena {
    const rows = Math.floor(bytes / (2 * width));
    return new StateArena(new SharedArrayBuffer(2 * rows * width), width);
  }

  get rows(): number {
    return this.#values.length / this.width;
  }

  /** Copies rows [n] into the first n rows of `to`. */
  read(rows: Int32Array, to: Uint16Array): void {
    eachRun(rows, (row, place, count) => to.set(this.#span(row, count), place * this.width));
  }

  /** Copies the first n rows of `from` into rows [n]. */
  write(rows: Int32Array, from: Uint16Array): void {
    eachRun(rows, (row, place, count) => {
      const start = place * this.width;
      this.#span(row, count).set(from.subarray(start, start + count * this.width));
    });
  }

  #span(row: number, count: number): Uint16Array {
    return this.#values.subarray(row * this.width, (row + count) * this.width);
  }
}

/** Calls `copy` once for each run of consecutive rows: most entries are one run. */
function eachRun(
  rows: Int32Array,
  copy: (row: number, place: number, count: number) => void,
): void {
  for (let place = 0; place < rows.length; ) {
    const row = at(rows, place);
    let count = 1;
    while (place + count < rows.length && rows[place + count] === row + count) {
      count += 1;
    }
    copy(row, place, count);
    place += count;
  }
}
