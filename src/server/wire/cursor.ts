import { at } from '../../base/at.ts';

/** The most bytes of any varint. */
const mostBytes = 10;
/** The most bytes of a varint that is a tag or a length. */
const mostShortBytes = 5;

/**
 * Steps through the top-level fields of a protobuf message without decoding them (protobuf.dev,
 * "Encoding"). Stops silently at the first malformed or truncated field, and at a group. Allocates
 * nothing, because hostile messages can have millions of fields.
 */
export class WireCursor {
  /** Number of the field the cursor is on. */
  field = 0;
  wireType = 0;
  /**
   * The value's bytes are `start` to `end`; the length of a length-delimited field is before them.
   */
  start = 0;
  end = 0;
  readonly #bytes: Uint8Array;
  #place = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Moves to the next field; false past the last. */
  next(): boolean {
    if (this.end >= this.#bytes.length) {
      return false;
    }
    this.#place = this.end;
    const tag = this.#varint(mostShortBytes);
    this.field = Math.floor(tag / 8);
    this.wireType = tag % 8;
    this.end = this.#endOfValue(this.wireType);
    return this.field > 0 && this.end <= this.#bytes.length;
  }

  #endOfValue(wireType: number): number {
    this.start = this.#place;
    switch (wireType) {
      case 0:
        this.#varint(mostBytes);
        return this.#place;
      case 1:
        return this.start + 8;
      case 2: {
        const length = this.#varint(mostShortBytes);
        this.start = this.#place;
        return this.start + length;
      }
      case 5:
        return this.start + 4;
      default:
        return Number.POSITIVE_INFINITY;
    }
  }

  /**
   * Reads zeros past the end. A varint of more than `most` bytes puts the cursor past the message.
   */
  #varint(most: number): number {
    let value = 0;
    for (let count = 0, scale = 1; count < most; count += 1, scale *= 128) {
      const byte = this.#place < this.#bytes.length ? at(this.#bytes, this.#place) : 0;
      this.#place += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        return value;
      }
    }
    this.#place = Number.POSITIVE_INFINITY;
    return 0;
  }
}
