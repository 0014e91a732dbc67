/** Most bytes of a varint, and of one that stands for a tag or a length. */
const mostBytes = 10;
const mostShortBytes = 5;

/**
 * Walks a protobuf message's own fields without decoding them (protobuf.dev, "Encoding"). Stops without complaint at
 * the first malformed or truncated field, or at a group. Makes no objects, since it has to outrun a message of
 * millions of fields.
 */
export class WireCursor {
  /** Number of the field the cursor is on. */
  field = 0;
  wireType = 0;
  /** The value's bytes; for length-delimited fields without the length. */
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

  /** Reads zeros past the end; a varint of more bytes puts the cursor beyond the message. */
  #varint(most: number): number {
    let value = 0;
    for (let scale = 1; scale < 128 ** most; scale *= 128) {
      const byte = this.#bytes[this.#place] ?? 0;
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
