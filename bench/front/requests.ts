import { at } from '../../src/base/at.ts';
import type { Passage } from '../../src/eval/data/beir.ts';
import type { WireRankRequestInput } from '../../src/client/client.ts';
import { parseProtoRoot } from '../../src/proto/proto-root.ts';

/** What is sent: how candidates are given, on which kind of call, and how many in a request. */
export interface Workload {
  readonly input: 'text' | 'id';
  readonly call: 'unary' | 'stream';
  readonly candidates: number;
}

/** Stands in the query and the request id for a number that every request has of its own. */
const mark = '0000000000';
/** More than are in flight, so that no message changes while it is being sent. */
const messageCount = 48;
const textBytes = 1000;
const { service } = parseProtoRoot();

/** A request's bytes, prepared once: only the digits of its number are written anew. */
export class PreparedRequest {
  readonly #bytes: Buffer;
  readonly #queryPlace: number;
  readonly #idPlace: number;

  constructor(request: WireRankRequestInput) {
    const query = `${request.query ?? ''} ${mark}`;
    this.#bytes = service.Rank.requestSerialize({ ...request, query, requestId: mark });
    // The query is the first field of the message; the id comes after the candidates.
    this.#queryPlace = this.#bytes.indexOf(mark);
    this.#idPlace = this.#bytes.lastIndexOf(mark);
  }

  /** The bytes of request `number`, valid until the next call. */
  write(number: number): Buffer {
    const digits = String(number).padStart(mark.length, '0');
    this.#bytes.write(digits, this.#queryPlace, 'latin1');
    this.#bytes.write(digits, this.#idPlace, 'latin1');
    return this.#bytes;
  }
}

/** Requests with postings as candidates, by text or by id. */
export function prepareRequests(
  postings: readonly Passage[],
  { input, candidates }: Workload,
): readonly PreparedRequest[] {
  return Array.from({ length: messageCount }, (_, n) => {
    const { title } = at(postings, (n * 37) % postings.length);
    const some = Array.from({ length: candidates }, (_each, place) =>
      at(postings, (n * 131 + place * 11) % postings.length),
    );
    return new PreparedRequest({
      query: title,
      candidates: input === 'id' ? some.map(({ id }) => ({ id })) : some,
    });
  });
}

/** Postings under ids of their own, each with a text of its own of 1,000 bytes. */
export function makePostings(postings: readonly Passage[], count: number): readonly Passage[] {
  return Array.from({ length: count }, (_, n) => {
    const { title, text } = at(postings, n % postings.length);
    const times = Math.ceil(textBytes / Math.max(1, text.length));
    const long = Buffer.from(`${n} ${`${text} `.repeat(times)}`).subarray(0, textBytes);
    return { id: `item-${n}`, title, text: long.toString().replace(/\ufffd+$/, '') };
  });
}
