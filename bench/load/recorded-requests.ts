import { at } from '../../src/base/at.ts';
import type { DemoData } from '../../src/eval/data/demo-data.ts';
import type { WireRankRequestInput } from '../../src/client/client.ts';

export interface RequestShape {
  readonly candidates: number;
  readonly maxCandidateTokens: number | undefined;
}

/** How many different requests are sent in turn: enough that neighbours in the queue differ. */
const requestCount = 30;

/**
 * Real requests, the same in every run: the demo's queries with their best candidates of the first
 * stage, then titles of postings as queries, with candidates from all postings.
 */
export function recordRequests(
  { queries, postings }: DemoData,
  { candidates, maxCandidateTokens }: RequestShape,
): readonly WireRankRequestInput[] {
  const asked = queries.map(({ query, candidates: found }) => ({
    query,
    candidates: found.slice(0, candidates),
  }));
  // 11 has no factor in common with 300 postings, so all candidates of a request differ.
  const titles = Array.from({ length: requestCount - asked.length }, (_, i) => ({
    query: at(postings, (i * 37) % postings.length).title,
    candidates: Array.from({ length: candidates }, (_each, j) =>
      at(postings, (i * 37 + j * 11) % postings.length),
    ),
  }));
  return [...asked, ...titles].map((request, i) => ({
    ...request,
    requestId: `load-${i}`,
    // Requests are repeated, so without this all but the first round would measure the score cache.
    noCache: true,
    ...(maxCandidateTokens === undefined ? {} : { maxCandidateTokens }),
  }));
}

/**
 * The file that ghz's --binary-file reads: serialized messages, each after its length as a varint.
 *
 * @throws Error when a message contains `{{`, which ghz would run as a template.
 */
export function packMessages(messages: readonly Buffer[]): Buffer {
  const place = messages.findIndex((message) => message.includes('{{'));
  if (place >= 0) {
    throw new Error(`request ${place} contains '{{', which ghz would run as a template`);
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
