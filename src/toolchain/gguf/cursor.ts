import { clamp } from '../../base/clamp.ts';
import { isUtf8 } from 'node:buffer';
import type { CheckpointFile } from '../files/checkpoint-file.ts';
import { refuse } from '../files/checkpoint.ts';

/** In bytes. Vocabulary and merges take almost all of it: 7 MB in a model of 150,000 tokens. */
export const maxHeaderBytes = 128 * 1024 * 1024;
const windowBytes = 256 * 1024;

/** Reads a GGUF header from front to back through a window, because its length is not known. */
export class GgufCursor {
  /** The part that is being read, for errors; the parser sets it. */
  where: string;
  readonly file: string;
  readonly #source: CheckpointFile;
  readonly #end: number;
  #window: Buffer = Buffer.alloc(0);
  /** File offset of the window, and the index in it of the next byte. */
  #windowStart = 0;
  #next = 0;

  constructor(source: CheckpointFile) {
    this.#source = source;
    this.#end = Math.min(source.bytes, maxHeaderBytes);
    this.file = source.name;
    this.where = source.name;
  }

  /** In bytes from the start of the file. */
  get position(): number {
    return this.#windowStart + this.#next;
  }

  assertRemaining(bytes: number): void {
    const left = this.#end - this.position;
    if (bytes > left) {
      const bound = this.#end < this.#source.bytes ? 'before the header limit' : 'left in the file';
      refuse(this.where, 'the number of bytes that follow', bytes, `${left} (${bound})`);
    }
  }

  /** The next bytes; they are valid until the next call. */
  #take(bytes: number): Buffer {
    if (bytes > this.#window.length - this.#next) {
      this.assertRemaining(bytes);
      const start = this.position;
      const length = clamp(bytes, windowBytes, this.#end - start);
      this.#window = this.#source.readNow(start, length);
      this.#windowStart = start;
      this.#next = 0;
    }
    const taken = this.#window.subarray(this.#next, this.#next + bytes);
    this.#next += bytes;
    return taken;
  }

  view(bytes: number): DataView {
    const taken = this.#take(bytes);
    return new DataView(taken.buffer, taken.byteOffset, bytes);
  }

  uint32(): number {
    return this.view(4).getUint32(0, true);
  }

  uint64(): bigint {
    return this.view(8).getBigUint64(0, true);
  }

  string(maxBytes: number): string {
    const declared = this.uint64();
    if (declared > BigInt(maxBytes)) {
      refuse(this.where, 'the length of a string', declared, `at most ${maxBytes} bytes`);
    }
    const bytes = this.#take(Number(declared));
    if (!isUtf8(bytes)) {
      // Replacement characters would make different tokens equal.
      refuse(this.where, 'a string', 'not UTF-8', 'UTF-8');
    }
    return bytes.toString('utf8');
  }

  /** A copy of the next bytes. */
  copy(bytes: number): ArrayBuffer {
    this.assertRemaining(bytes);
    const owned = new Uint8Array(bytes);
    owned.set(this.#take(bytes));
    return owned.buffer;
  }
}
