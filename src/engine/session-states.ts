import { RankError } from '../base/errors.ts';
import type { StateRows } from '../batch/packed-batch.ts';
import { passGate } from '../batch/write-gate.ts';
import { StateArena, type StateShape, stateWidth } from '../states/state-arena.ts';

const nothing = new Int32Array();

/** Moves states between the arena and the inputs and outputs of a session. */
export class SessionStates {
  readonly #shape: StateShape;
  readonly #arena: StateArena | undefined;
  /** Reused by all runs: ONNX Runtime for Node 20 reads no shared memory. */
  #read = new Uint16Array();

  /** Without an arena, batches read and write no states. */
  constructor(shape: StateShape, arena: SharedArrayBuffer | undefined) {
    this.#shape = shape;
    this.#arena = arena === undefined ? undefined : new StateArena(arena, stateWidth(shape));
  }

  /** The states that a batch reads, valid until the next call. */
  read({ read: rows }: StateRows = { read: nothing }) {
    const { layers, kvHeads, headDim } = this.#shape;
    const values = rows.length * stateWidth(this.#shape);
    if (this.#read.length < values) {
      this.#read = new Uint16Array(values);
    }
    if (rows.length > 0) {
      this.#open().read(rows, this.#read);
    }
    return {
      data: this.#read.subarray(0, values),
      dims: [rows.length, 2 * layers, kvHeads * headDim],
    };
  }

  /** Keeps the states that a batch computed, unless the batch was given up. */
  write({ write }: StateRows = { read: nothing }, states: unknown): void {
    if (write === undefined || !passGate(write.gate)) {
      return;
    }
    // Newer versions of Node have a Float16Array, and the library returns one.
    if (!ArrayBuffer.isView(states)) {
      throw new RankError('internal', 'the graph gave no states; this is a bug');
    }
    const { buffer, byteOffset, byteLength } = states;
    this.#open().write(write.rows, new Uint16Array(buffer, byteOffset, byteLength / 2));
  }

  #open(): StateArena {
    if (this.#arena === undefined) {
      throw new RankError('internal', 'the session has no states to read or write; this is a bug');
    }
    return this.#arena;
  }
}
