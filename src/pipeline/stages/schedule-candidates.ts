import { at } from '../../base/at.ts';
import type { Score, ScoresByKey } from '../../cache/score-cache.ts';
import type { Scheduler } from '../../schedule/scheduler.ts';
import type { Call } from '../../domain/call.ts';
import type { EncodedCandidates } from './encode-candidates.ts';
import { nameCandidates } from '../reply/rename-candidates.ts';

/** The scores of one run of candidates, and its cost. */
export interface CandidateRun {
  /** Lacks the candidates that the deadline cut off. */
  readonly scores: ScoresByKey;
  readonly prefixTokens: number;
  readonly packedTokens: number;
  readonly batches: number;
  readonly queueMs: number;
  readonly runMs: number;
}

/** @throws RankError that names candidates by their places in the request. */
export async function scheduleCandidates(
  { kept, request, bad }: EncodedCandidates,
  call: Call,
  scheduler: Pick<Scheduler, 'schedule'>,
): Promise<CandidateRun> {
  if (kept.length === 0) {
    return { scores: bad, prefixTokens: 0, packedTokens: 0, batches: 0, queueMs: 0, runMs: 0 };
  }
  const places = kept.map(({ place }) => place);
  const result = await nameCandidates(places, () => scheduler.schedule(request, call));
  const scores = new Map<string, Score>(bad);
  for (const [index, { key }] of kept.entries()) {
    if (result.scored[index] === 1) {
      const { tokens, truncated } = at(request.candidates, index);
      const yes = at(result.logits, 2 * index);
      const no = at(result.logits, 2 * index + 1);
      scores.set(key, { yes, no, tokens, truncated });
    }
  }
  const { packedTokens, batches, queueMs, runMs } = result;
  return { scores, prefixTokens: request.prefix.length, packedTokens, batches, queueMs, runMs };
}
