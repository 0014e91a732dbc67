import type { Ranked } from '../../../src/desk/ranker.ts';
import type { Candidate, RankedResult } from '../../../src/domain/rank.ts';
import { checkRankRequest, type RankForm } from '../../../src/desk/request-rules.ts';
import { testManifest } from './test-server.ts';

/** The answer to a form, with these scores by place; a candidate without one was not scored. */
export function rankedOf(
  form: RankForm,
  scores: readonly (number | undefined)[],
  stored?: Candidate['stored'],
): Ranked {
  const rules = { limits: { candidates: 100, textBytes: 1000 }, model: 'tiny' };
  const request = checkRankRequest(form, 'r-1', rules);
  const results = scores
    .map(
      (score, index): RankedResult => ({
        index,
        score: score ?? Number.NaN,
        logit: score ?? Number.NaN,
        tokens: 3,
        truncated: false,
        scored: score !== undefined,
        cached: false,
      }),
    )
    .toSorted((a, b) => (b.scored ? b.score : -1) - (a.scored ? a.score : -1));
  return {
    request: {
      ...request,
      candidates: request.candidates.map((each) =>
        stored === undefined ? each : { ...each, stored },
      ),
    },
    reply: {
      results,
      usage: {
        candidates: scores.length,
        scored: scores.filter((score) => score !== undefined).length,
        truncated: 0,
        prefixTokens: 5,
        candidateTokens: 3 * scores.length,
        packedTokens: 5 + 3 * scores.length,
        batches: 1,
        cached: 0,
        depth: scores.length,
      },
      times: { encodeMs: 1, queueMs: 1, runMs: 1, totalMs: 3 },
      complete: true,
    },
    manifest: testManifest,
  };
}
