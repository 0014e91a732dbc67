import { firstRerank, secondRerank } from '../shapes/rerank.ts';
import { vllmScore } from '../shapes/score.ts';
import type { Shape } from '../shapes/shape.ts';
import { teiRerank } from '../shapes/tei.ts';
import { type WriteError, writeRerankError, writeTeiError } from '../shapes/errors.ts';

/** One kind of body that a path takes. */
export interface Api {
  /** Whose API it is, for the OpenAPI document. */
  readonly name: string;
  readonly shape: Shape;
  readonly writeError: WriteError;
}

export interface RankRoute {
  readonly path: string;
  /** In the order in which a body is tried; the last one takes what no other does. */
  readonly apis: readonly [Api, ...Api[]];
}

const second: Api = { name: 'Cohere v2', shape: secondRerank, writeError: writeRerankError };
const first: Api = {
  name: 'Cohere v1, Jina, vLLM',
  shape: firstRerank,
  writeError: writeRerankError,
};
const tei: Api = {
  name: 'Text Embeddings Inference',
  shape: teiRerank,
  writeError: writeTeiError,
};
const score: Api = { name: 'vLLM', shape: vllmScore, writeError: writeRerankError };

/** Where other servers' clients find their APIs. */
export const rankRoutes: readonly RankRoute[] = [
  { path: '/v2/rerank', apis: [second] },
  { path: '/v1/rerank', apis: [first] },
  { path: '/rerank', apis: [tei, first] },
  { path: '/score', apis: [score] },
  { path: '/v1/score', apis: [score] },
];

/** The API that a body is meant for: Text Embeddings Inference's has `texts`. */
export function apiOf({ apis }: RankRoute, body: unknown): Api {
  const hasTexts = typeof body === 'object' && body !== null && 'texts' in body;
  const [only, other = only] = apis;
  return hasTexts ? only : other;
}
