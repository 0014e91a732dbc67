import { RankError } from '../../base/errors.ts';
import { invalidRequest } from '../../desk/violations.ts';

/** A reply that is already encoded. */
export class WrittenReply {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
}

/** The serializer of a method whose replies may already be encoded. */
export function orWritten<T>(serialize: (reply: T) => Buffer): (reply: T | WrittenReply) => Buffer {
  return (reply) => (reply instanceof WrittenReply ? reply.bytes : serialize(reply));
}

/** How many ids are written before other work gets a turn; takes less than a millisecond. */
const idsPerTurn = 32_768;
/** The tags (number and wire type) of the fields of TokenizeResponse and TokenizedText. */
const tags = { texts: 0x0a, tokenizerHash: 0x12, tokens: 0x08, ids: 0x12 };

/**
 * Encodes a TokenizeResponse with its ids, which can be millions, by hand and in pieces. The
 * library would block the main thread for all of them and need many times their memory.
 *
 * @throws RankError `cancelled` when the client has disconnected, `invalid-argument` when the reply
 *   would be longer than the client takes.
 */
export async function writeTokens(
  ids: readonly Int32Array[],
  tokenizerHash: string,
  { signal, mostBytes }: ReplyLimits,
): Promise<WrittenReply> {
  const turns = new Turns(signal);
  const texts: MeasuredText[] = [];
  for (const each of ids) {
    texts.push(await measure(each, turns));
  }
  const hash = Buffer.from(tokenizerHash);
  const all = texts.reduce((sum, { length }) => sum + 1 + varintBytes(length) + length, 0);
  const bytes = all + 1 + varintBytes(hash.length) + hash.length;
  if (bytes > mostBytes) {
    const description =
      `makes the reply ${bytes} bytes long; the client takes ${mostBytes}. Send fewer texts at once, ` +
      "or raise max_reply_bytes and the client's own limit";
    throw invalidRequest([{ field: 'return_ids', description }]);
  }
  const writer = new Writer(bytes);
  for (const text of texts) {
    await writeText(writer, text, turns);
  }
  writer.varint(tags.tokenizerHash).varint(hash.length).bytes(hash);
  return new WrittenReply(writer.written);
}

interface ReplyLimits {
  /** Aborted when the client disconnects. */
  readonly signal: AbortSignal;
  /** The longest message that the client takes. */
  readonly mostBytes: number;
}

interface MeasuredText {
  readonly ids: Int32Array;
  /** The bytes of the ids alone. */
  readonly idBytes: number;
  /** The bytes of the text with its fields. */
  readonly length: number;
}

async function measure(ids: Int32Array, turns: Turns): Promise<MeasuredText> {
  let idBytes = 0;
  for (let from = 0; from < ids.length; from += idsPerTurn) {
    const piece = ids.subarray(from, from + idsPerTurn);
    await turns.spend(piece.length);
    idBytes += piece.reduce((sum, id) => sum + varintBytes(id), 0);
  }
  const idField = ids.length === 0 ? 0 : 1 + varintBytes(idBytes) + idBytes;
  const length = 1 + varintBytes(ids.length) + idField;
  return { ids, idBytes, length };
}

async function writeText(writer: Writer, text: MeasuredText, turns: Turns): Promise<void> {
  const { ids, idBytes, length } = text;
  writer.varint(tags.texts).varint(length).varint(tags.tokens).varint(ids.length);
  if (ids.length > 0) {
    writer.varint(tags.ids).varint(idBytes);
  }
  for (let from = 0; from < ids.length; from += idsPerTurn) {
    const piece = ids.subarray(from, from + idsPerTurn);
    await turns.spend(piece.length);
    piece.forEach((id) => writer.varint(id));
  }
}

/** Gives other work a turn after every `idsPerTurn` ids, across texts. */
class Turns {
  readonly #signal: AbortSignal;
  #spent = 0;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  async spend(ids: number): Promise<void> {
    this.#spent += ids;
    if (this.#spent > idsPerTurn) {
      this.#spent = ids;
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#signal.aborted) {
        throw new RankError('cancelled', 'the caller has gone');
      }
    }
  }
}

class Writer {
  readonly written: Buffer;
  #place = 0;

  constructor(bytes: number) {
    this.written = Buffer.allocUnsafe(bytes);
  }

  varint(value: number): this {
    let rest = value;
    while (rest > 0x7f) {
      this.written[this.#place] = (rest & 0x7f) | 0x80;
      this.#place += 1;
      rest >>>= 7;
    }
    this.written[this.#place] = rest;
    this.#place += 1;
    return this;
  }

  bytes(bytes: Buffer): void {
    this.written.set(bytes, this.#place);
    this.#place += bytes.length;
  }
}

/** For numbers from 0 to 2^31 - 1, such as ids and lengths. */
function varintBytes(value: number): number {
  return value < 0x80
    ? 1
    : value < 0x4000
      ? 2
      : value < 0x20_0000
        ? 3
        : value < 0x1000_0000
          ? 4
          : 5;
}
