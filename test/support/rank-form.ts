import type { RankForm } from '../../src/desk/request-rules.ts';

/** A form that keeps every rule, apart from the changes. */
export function rankForm(changes: Partial<RankForm> = {}): RankForm {
  return {
    query: 'q',
    instruction: undefined,
    context: undefined,
    candidates: [{ id: 'a', text: 'x' }],
    topN: undefined,
    minScore: undefined,
    returnText: false,
    scoreKind: 'probability',
    truncation: 'end',
    maxCandidateTokens: undefined,
    model: undefined,
    scoreFingerprint: undefined,
    partialOk: false,
    priority: 'interactive',
    adaptiveDepth: false,
    useCache: true,
    onBadCandidate: 'refuse',
    requestId: undefined,
    timeoutMs: undefined,
    maxReplyBytes: undefined,
    findReplyFault: () => undefined,
    ...changes,
  };
}
