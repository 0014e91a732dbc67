import { createHash } from 'node:crypto';
import type { Candidate, RankRequest } from '../domain/rank.ts';

/** What decides a score besides the request. */
export interface ScoreSetting {
  /** The model's score fingerprint: weights, template, tokenizer, precision, recipe. */
  readonly fingerprint: string;
  /** Most tokens of one candidate that are read. */
  readonly candidateTokens: number;
  /** Whose item versions these are. */
  readonly client: string;
}

type KeyedRequest = Pick<
  RankRequest,
  'query' | 'instruction' | 'context' | 'truncation' | 'maxCandidateTokens'
>;

/**
 * A key for each candidate; equal keys mean equal scores. What the candidates share is hashed once, then with each
 * candidate. Whole SHA-256 digests: a faster hash without its strength (xxHash, MD5) would let a caller make two texts
 * that share a key and so plant a score for somebody else's. 1,500 characters cost 3 to 8 us to hash, a fiftieth of
 * what tokenizing them costs (npm run bench:cache; a processor with SHA instructions).
 */
export function scoreKeys(
  request: KeyedRequest,
  candidates: readonly Candidate[],
  setting: ScoreSetting,
): readonly string[] {
  const shared = digest(sharedText(request, setting));
  return candidates.map((candidate) => digest(`${shared}${contentOf(candidate, setting.client)}`));
}

function sharedText(request: KeyedRequest, { fingerprint, candidateTokens }: ScoreSetting): string {
  const { query, instruction = null, context = null, truncation, maxCandidateTokens } = request;
  const kept = Math.min(maxCandidateTokens ?? candidateTokens, candidateTokens);
  return JSON.stringify([fingerprint, instruction, query, context, truncation, kept]);
}

/**
 * Lengths keep neighbours apart: no two contents are written alike. An item's version stands for its content by one
 * client's word, so it holds for that client only.
 */
function contentOf({ id, title, text, version }: Candidate, client: string): string {
  return version !== undefined && id !== ''
    ? `v${client.length},${id.length}:${client}${id}${version}`
    : `t${title?.length ?? '-'}:${title ?? ''}${text}`;
}

function digest(text: string): string {
  // One character for each byte: a quarter shorter than base64.
  return createHash('sha256').update(text).digest('binary');
}
