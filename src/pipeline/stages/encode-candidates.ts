import type { Clock } from '../../base/clock.ts';
import type { EncodedRequest } from '../../batch/packed-batch.ts';
import type { Score, ScoresByKey } from '../../cache/score-cache.ts';
import type { BadCandidate, RankRequest } from '../../domain/rank.ts';
import type { EncoderPool } from '../../pool/encoders/encoder-pool.ts';
import type { Call } from '../../domain/call.ts';
import type { KeyedCandidate } from '../plan/rank-plan.ts';
import { nameCandidates } from '../reply/rename-candidates.ts';

/** Candidates as token ids. */
export interface EncodedCandidates {
  /** The candidates of `request`, in its order. */
  readonly kept: readonly KeyedCandidate[];
  readonly request: EncodedRequest;
  /** The candidates that cannot be scored, with the reason in place of logits. */
  readonly bad: ScoresByKey;
  readonly encodeMs: number;
}

const noLogits: Score = { yes: 0, no: 0, tokens: 0, truncated: false };
const noneSkipped: ReadonlyMap<number, BadCandidate> = new Map();

/** @throws RankError that names candidates by their places in the request. */
export async function encodeCandidates(
  request: RankRequest,
  candidates: readonly KeyedCandidate[],
  call: Call,
  { clock, encoders }: { readonly clock: Clock; readonly encoders: EncoderPool },
): Promise<EncodedCandidates> {
  const startedAtMs = clock.nowMs();
  const task = taskOf(request, candidates);
  const places = candidates.map(({ place }) => place);
  const { skipped = noneSkipped, ...encoded } = await nameCandidates(places, () =>
    encoders.encode(task, call),
  );
  const bad = candidates.flatMap(({ key }, index) => {
    const reason = skipped.get(index);
    return reason === undefined ? [] : [[key, { ...noLogits, bad: reason }] as const];
  });
  return {
    kept: candidates.filter((_, index) => !skipped.has(index)),
    request: encoded,
    bad: new Map(bad),
    encodeMs: clock.nowMs() - startedAtMs,
  };
}

function taskOf(request: RankRequest, candidates: readonly KeyedCandidate[]) {
  const { query, instruction, context, truncation, maxCandidateTokens, onBadCandidate } = request;
  return {
    query,
    instruction,
    context,
    candidates: candidates.map(({ candidate: { title, text, stored } }) =>
      stored?.ids === undefined ? { title, text } : { title, text, ids: stored.ids },
    ),
    truncation,
    maxCandidateTokens,
    ...(onBadCandidate === undefined ? {} : { onBadCandidate }),
  };
}
