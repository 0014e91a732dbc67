import { hash } from 'node:crypto';
import type { Candidate, RankRequest } from '../domain/rank.ts';

/** What a score depends on besides the request. */
export interface ScoreSetting {
  /** The model's score fingerprint: weights, template, tokenizer, precision, recipe. */
  readonly fingerprint: string;
  /** The server's limit on the tokens of a candidate. */
  readonly candidateTokens: number;
  /** The client that gave the item versions. */
  readonly client: string;
  /** Where scores are shared between servers: what these have in common besides. */
  readonly fleet?: string | undefined;
}

type KeyedRequest = Pick<
  RankRequest,
  'query' | 'instruction' | 'context' | 'truncation' | 'maxCandidateTokens'
>;

/**
 * A key for each candidate; equal keys mean equal scores. The part that all candidates share is
 * hashed once. Keys are whole SHA-256 digests: with a faster but weaker hash (xxHash, MD5) a client
 * could make two texts with one key and so plant a score for another client's text. Hashing 1,500
 * characters takes 3 to 8 us, a fiftieth of tokenizing them (npm run bench:cache, on a processor
 * with SHA instructions).
 */
export function scoreKeys(
  request: KeyedRequest,
  candidates: readonly Candidate[],
  setting: ScoreSetting,
): readonly string[] {
  const shared = digest(sharedText(request, setting));
  return candidates.map((candidate) => digest(`${shared}${contentOf(candidate, setting.client)}`));
}

function sharedText(request: KeyedRequest, setting: ScoreSetting): string {
  const { fingerprint, candidateTokens, fleet = null } = setting;
  const { query, instruction = null, context = null, truncation, maxCandidateTokens } = request;
  const kept = Math.min(maxCandidateTokens ?? candidateTokens, candidateTokens);
  return JSON.stringify([fingerprint, instruction, query, context, truncation, kept, fleet]);
}

/**
 * The lengths make the encoding unambiguous: different contents are never written alike. A version
 * stands for an item's content only on one client's word, so the client is part of the key.
 */
function contentOf({ id, title, text, version }: Candidate, client: string): string {
  return version !== undefined && id !== ''
    ? `v${client.length},${id.length}:${client}${id}${version}`
    : `t${title?.length ?? '-'}:${title ?? ''}${text}`;
}

function digest(text: string): string {
  // One character per byte, a quarter shorter than base64.
  return hash('sha256', text, 'binary');
}
