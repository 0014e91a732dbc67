import type { DemoData } from '../../src/eval/data/demo-data.ts';
import type { WireRankRequestInput } from '../../src/client/client.ts';

export interface RequestShape {
  readonly candidates: number;
  readonly maxCandidateTokens: number | undefined;
}

/** As many different requests as are sent in turn: enough that neighbours in the queue share nothing. */
const requestCount = 30;

/**
 * Real requests, the same ones every time: the demo's queries with their first stage's best candidates, then titles of
 * postings as queries, with candidates from all over the postings.
 */
export function recordRequests(
  { queries, postings }: DemoData,
  { candidates, maxCandidateTokens }: RequestShape,
): readonly WireRankRequestInput[] {
  const asked = queries.map(({ query, candidates: found }) => ({
    query,
    candidates: found.slice(0, candidates),
  }));
  // 11 and 37 have no factor in common with 300 postings: all of a request's candidates differ.
  const titles = Array.from({ length: requestCount - asked.length }, (_, i) => ({
    query: postings[(i * 37) % postings.length]?.title ?? '',
    candidates: Array.from(
      { length: candidates },
      (_each, j) => postings[(i * 37 + j * 11) % postings.length],
    ).flatMap((posting) => posting ?? []),
  }));
  return [...asked, ...titles].map((request, i) => ({
    ...request,
    requestId: `load-${i}`,
    // Sent again and again: all but the first round would measure the score cache.
    noCache: true,
    ...(maxCandidateTokens === undefined ? {} : { maxCandidateTokens }),
  }));
}

/**
 * Serialized messages, each behind its length as a varint: what ghz sends in turn (--binary-file).
 *
 * @throws Error when a message holds `{{`: ghz would run it as a template.
 */
export function packMessages(messages: readonly Buffer[]): Buffer {
  const place = messages.findIndex((message) => message.includes('{{'));
  if (place >= 0) {
    throw new Error(`request ${place} holds '{{', which ghz takes for a template`);
  }
  return Buffer.concat(messages.flatMap((message) => [varint(message.length), message]));
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) {
    bytes.push((rest % 0x80) | 0x80);
  }
  return Buffer.from([...bytes, rest]);
}
