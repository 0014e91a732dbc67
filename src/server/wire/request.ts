import type { RankForm, TokenizeForm } from '../../desk/request-rules.ts';
import type { Choice } from '../../desk/violations.ts';
import type { PriorityClass } from '../../domain/events.ts';
import type { BadCandidatePolicy, ScoreKind, Truncation } from '../../domain/rank.ts';
import type { WireRankRequest } from '../../proto/generated/slmrank/v1/RankRequest.ts';
import type { WireTokenizeRequest } from '../../proto/generated/slmrank/v1/TokenizeRequest.ts';
import { findReplyFault } from './reply-bytes.ts';

type Names<T extends string> = Readonly<Record<string, T>>;

const scoreKinds: Names<ScoreKind> = {
  SCORE_KIND_UNSPECIFIED: 'probability',
  SCORE_KIND_PROBABILITY: 'probability',
  SCORE_KIND_LOGIT: 'logit',
};
const truncations: Names<Truncation> = {
  TRUNCATION_UNSPECIFIED: 'end',
  TRUNCATION_END: 'end',
  TRUNCATION_START: 'start',
  TRUNCATION_ERROR: 'error',
};
const priorities: Names<PriorityClass> = {
  PRIORITY_UNSPECIFIED: 'interactive',
  PRIORITY_INTERACTIVE: 'interactive',
  PRIORITY_DEFERRABLE: 'deferrable',
};
const badCandidatePolicies: Names<BadCandidatePolicy> = {
  ON_BAD_CANDIDATE_UNSPECIFIED: 'refuse',
  ON_BAD_CANDIDATE_REFUSE: 'refuse',
  ON_BAD_CANDIDATE_SKIP: 'skip',
};

export function toRankForm(wire: WireRankRequest): RankForm {
  return {
    query: wire.query,
    instruction: wire.instruction,
    context: wire.context,
    candidates: wire.candidates,
    topN: wire.topN,
    minScore: wire.minScore,
    returnText: wire.returnText,
    scoreKind: choose(wire.scoreKind, scoreKinds),
    truncation: choose(wire.truncation, truncations),
    maxCandidateTokens: wire.maxCandidateTokens,
    model: wire.model,
    scoreFingerprint: wire.scoreFingerprint,
    partialOk: wire.partialOk,
    priority: choose(wire.priority, priorities),
    adaptiveDepth: wire.adaptiveDepth,
    useCache: !wire.noCache,
    onBadCandidate: choose(wire.onBadCandidate, badCandidatePolicies),
    requestId: wire.requestId,
    timeoutMs: wire.timeoutMs,
    maxReplyBytes: wire.maxReplyBytes,
    findReplyFault: (request) => findReplyFault(request, wire.maxReplyBytes),
  };
}

export function toTokenizeForm({ texts, maxReplyBytes }: WireTokenizeRequest): TokenizeForm {
  return { texts, maxReplyBytes };
}

/** The loader gives known values by name and unknown ones as numbers, which no table has. */
function choose<T extends string>(found: string | number, names: Names<T>): Choice<T> {
  const { [found]: known } = names;
  return known ?? { given: found, allowed: Object.keys(names) };
}
