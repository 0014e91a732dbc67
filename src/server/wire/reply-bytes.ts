import type { Candidate, RankRequest } from '../../domain/rank.ts';

/** What gRPC clients take unless they are told otherwise (grpc.max_receive_message_length). */
export const defaultReplyBytes = 4_194_304;

/** Most bytes of a reply without its results, the request's id twice among them, and of a result without its texts. */
const frameBytes = 2_048;
const resultBytes = 56;
/** UTF-8 bytes of one UTF-16 unit. */
const mostUnitBytes = 3;

/**
 * Most bytes that the reply to a request may have: whatever the scores, and so the largest candidates where top_n leaves
 * some out. Counts UTF-8 only where the lengths alone do not show that it is less than `enough`.
 */
export function mostReplyBytes(request: RankRequest, enough: number): number {
  const roughly = sumOfLargest(request, ({ length }) => mostUnitBytes * length);
  return roughly <= enough ? roughly : sumOfLargest(request, (text) => Buffer.byteLength(text));
}

/** What to say of a reply that may be too large; `allowed` is what the request says, if it does. */
export function describeReply(bytes: number, allowed: number | undefined): string {
  const found =
    allowed === undefined
      ? `may make the reply ${bytes} bytes long; clients take ${defaultReplyBytes} unless the request's max_reply_bytes says more`
      : `is ${allowed}, and the reply may be ${bytes} bytes long`;
  return `${found}. Set top_n, leave return_text out, or raise max_reply_bytes and the client's own limit`;
}

function sumOfLargest(
  { candidates, topN = candidates.length, returnText }: RankRequest,
  measure: (text: string) => number,
): number {
  const bytesOf = ({ id, title = '', text }: Candidate) =>
    resultBytes + measure(id) + (returnText ? measure(title) + measure(text) : 0);
  const sizes = candidates.map(bytesOf);
  const largest = topN < sizes.length ? sizes.sort((a, b) => b - a).slice(0, topN) : sizes;
  return largest.reduce((sum, bytes) => sum + bytes, frameBytes);
}
