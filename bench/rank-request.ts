import type { RankRequest } from '../src/domain/rank.ts';

/** A request for the pipeline that is computed anew, with all settings as a client leaves them. */
export function rankRequest(
  query: string,
  texts: readonly string[],
  maxCandidateTokens?: number,
): RankRequest {
  return {
    requestId: '',
    query,
    instruction: undefined,
    context: undefined,
    candidates: texts.map((text, i) => ({
      id: `${i}`,
      title: undefined,
      text,
      version: undefined,
    })),
    topN: undefined,
    minScore: undefined,
    returnText: false,
    scoreKind: 'probability',
    truncation: 'end',
    maxCandidateTokens,
    model: undefined,
    partialOk: false,
    priority: 'interactive',
    adaptiveDepth: false,
    useCache: false,
  };
}
