import { at } from '../../src/base/at.ts';
import type { DemoData } from '../../src/eval/data/demo-data.ts';

/** A lone request: how many candidates, and how many tokens of each are kept. */
export interface Shape {
  readonly candidates: number;
  readonly tokens: number;
}

export interface LoneRequest {
  readonly query: string;
  readonly texts: readonly string[];
  readonly maxCandidateTokens: number;
}

export const shapes: readonly Shape[] = [
  { candidates: 50, tokens: 24 },
  { candidates: 50, tokens: 150 },
  { candidates: 10, tokens: 150 },
];

/** Enough characters for the tokens, but no long text of which only the start would be read. */
const charactersPerToken = 7;

/** A request of the demo's postings, other ones for each round. */
export function loneRequest(
  { postings, queries }: DemoData,
  { candidates, tokens }: Shape,
  round: number,
): LoneRequest {
  const characters = charactersPerToken * tokens;
  const long = postings.filter(({ text }) => text.length >= characters);
  return {
    query: at(queries, round % queries.length).query,
    texts: Array.from({ length: candidates }, (_, i) =>
      at(long, (round * candidates + i) % long.length).text.slice(0, characters),
    ),
    maxCandidateTokens: tokens,
  };
}
