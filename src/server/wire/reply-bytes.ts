import type { FieldViolation } from '../../base/errors.ts';
import type { Candidate, RankRequest } from '../../domain/rank.ts';

/** The longest message that gRPC clients take by default (grpc.max_receive_message_length). */
export const defaultReplyBytes = 4_194_304;

/** The longest reply without its results, which contains the request's id twice. */
const frameBytes = 2_048;
/** The longest result without its texts and spans. */
const resultBytes = 56;
/** What a stored item adds to it at most: source and version. */
const storedBytes = 13;
/** The longest span of a kept part. */
const spanBytes = 14;
/** The most bytes of UTF-8 for one UTF-16 unit. */
const unitBytes = 3;

/**
 * The violation of a request whose reply may be longer than its client accepts. `allowed` is the
 * request's max_reply_bytes; a 0 there is already another violation.
 */
export function findReplyFault(
  request: RankRequest,
  allowed: number | undefined,
): FieldViolation | undefined {
  const most = allowed ?? defaultReplyBytes;
  const bytes = allowed === 0 ? 0 : mostReplyBytes(request, most);
  if (bytes <= most) {
    return undefined;
  }
  const advice =
    "Set top_n, leave return_text out, or raise max_reply_bytes and the client's own limit";
  return allowed === undefined
    ? {
        field: request.returnText ? 'return_text' : 'candidates',
        description:
          `may make the reply ${bytes} bytes long; clients take ${most} unless the request's ` +
          `max_reply_bytes says more. ${advice}`,
      }
    : {
        field: 'max_reply_bytes',
        description: `is ${allowed}, and the reply may be ${bytes} bytes long. ${advice}`,
      };
}

/**
 * The most bytes that the reply to a request can have, for any scores: if top_n leaves some
 * candidates out, the largest ones are counted. If the lengths in UTF-16 already prove that the
 * reply has at most `enough` bytes, that bound is returned and no UTF-8 is counted, to save time.
 */
export function mostReplyBytes(request: RankRequest, enough: number): number {
  const bound = sumOfLargest(request, ({ length }) => unitBytes * length);
  return bound <= enough ? bound : sumOfLargest(request, (text) => Buffer.byteLength(text));
}

function sumOfLargest(
  { candidates, topN = candidates.length, returnText }: RankRequest,
  measure: (text: string) => number,
): number {
  const bytesOf = ({ id, title = '', text, stored }: Candidate) => {
    const ofStored = stored === undefined ? 0 : storedBytes;
    const spans = spanBytes * (stored?.kept.length ?? 0);
    const texts = returnText ? measure(title) + measure(text) + spans : 0;
    return resultBytes + ofStored + measure(id) + texts;
  };
  const sizes = candidates.map(bytesOf);
  const largest = topN < sizes.length ? sizes.sort((a, b) => b - a).slice(0, topN) : sizes;
  return largest.reduce((sum, bytes) => sum + bytes, frameBytes);
}
