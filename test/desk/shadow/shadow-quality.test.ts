import { describe, expect, test } from '@jest/globals';
import type {
  Rank,
  RankedResult,
  RankReply,
  RankRequest,
  ServedModel,
} from '../../../src/domain/rank.ts';
import {
  type ShadowOutcome,
  type ShadowParts,
  ShadowQuality,
} from '../../../src/desk/shadow/shadow-quality.ts';

const { signal } = new AbortController();

function requestOf(...texts: readonly string[]): RankRequest {
  return {
    requestId: 'r',
    query: 'nurse',
    instruction: undefined,
    context: undefined,
    candidates: texts.map((text) => ({ id: text, title: undefined, text, version: undefined })),
    topN: 1,
    minScore: 0.5,
    returnText: false,
    scoreKind: 'probability',
    truncation: 'end',
    maxCandidateTokens: undefined,
    model: undefined,
    partialOk: true,
    priority: 'interactive',
    adaptiveDepth: true,
    useCache: true,
  };
}

function replyOf(logits: readonly (number | undefined)[]): RankReply {
  const results = logits.map((logit, index): RankedResult => {
    const scored = logit !== undefined;
    const rest = { score: 0, tokens: 1, truncated: false, cached: false };
    return { index, logit: logit ?? 0, scored, ...rest };
  });
  return { results } as unknown as RankReply;
}

function answered(request: RankRequest, reply: RankReply) {
  return { request, reply, manifest: { fingerprint: 'one' } };
}

/** A model that ranks so. */
function serving(rank: Rank, fingerprint = 'one'): ShadowParts['current'] {
  return () => ({ manifest: { fingerprint }, pipeline: { rank } }) as unknown as ServedModel;
}

function open(changed: Partial<ShadowParts> = {}) {
  const outcomes: ShadowOutcome[] = [];
  const ranked: RankRequest[] = [];
  const shadow = new ShadowQuality({
    share: 1,
    random: () => 0.5,
    spare: () => true,
    current: serving((request) => {
      ranked.push(request);
      return Promise.resolve(replyOf([1, 2]));
    }),
    toRaw: (request) => Promise.resolve(request),
    report: (outcome) => outcomes.push(outcome),
    ...changed,
  });
  return { shadow, outcomes, ranked };
}

describe('ShadowQuality', () => {
  test('scores an answered request again, whole and deferrable, and reports the drift', async () => {
    const { shadow, outcomes, ranked } = open();
    shadow.offer(answered(requestOf('a', 'b'), replyOf([2, 1])));
    await shadow.step(signal);
    expect(ranked).toMatchObject([
      { priority: 'deferrable', useCache: false, adaptiveDepth: false, partialOk: false },
    ]);
    expect(ranked[0]?.topN).toBeUndefined();
    expect(ranked[0]?.minScore).toBeUndefined();
    expect(outcomes).toMatchObject([
      { kind: 'compared', candidates: 2, drift: { keepsFirst: false } },
    ]);
  });

  test('compares only candidates that both replies scored', async () => {
    const { shadow, outcomes } = open();
    shadow.offer(answered(requestOf('a', 'b'), replyOf([undefined, 2])));
    await shadow.step(signal);
    expect(outcomes).toEqual([
      { kind: 'compared', candidates: 1, drift: { dp: 0, keepsFirst: true, ndcg10: 1 } },
    ]);
  });

  test('leaves requests above its share alone', async () => {
    const { shadow, ranked } = open({ share: 0.5, random: () => 0.5 });
    shadow.offer(answered(requestOf('a'), replyOf([1])));
    await shadow.step(signal);
    expect(ranked).toEqual([]);
  });

  test('waits for spare capacity, and drops what cannot wait', async () => {
    let isSpare = false;
    const { shadow, outcomes, ranked } = open({ spare: () => isSpare });
    for (let i = 0; i < 6; i += 1) {
      shadow.offer(answered(requestOf('a', 'b'), replyOf([1, 2])));
    }
    await shadow.step(signal);
    expect(ranked).toEqual([]);
    expect(outcomes).toEqual([{ kind: 'dropped' }, { kind: 'dropped' }]);
    isSpare = true;
    await shadow.step(signal);
    expect(ranked).toHaveLength(1);
  });

  test('drops a request whose raw texts are gone, or which the server refuses', async () => {
    const gone = open({ toRaw: () => Promise.resolve(undefined) });
    gone.shadow.offer(answered(requestOf('a'), replyOf([1])));
    await gone.shadow.step(signal);
    expect(gone.outcomes).toEqual([{ kind: 'dropped' }]);
    const refused = open({
      current: serving(() => Promise.reject(new Error('the queue is full'))),
    });
    refused.shadow.offer(answered(requestOf('a'), replyOf([1])));
    await refused.shadow.step(signal);
    expect(refused.outcomes).toEqual([{ kind: 'dropped' }]);
  });

  test('drops a request whose model no longer serves, and ranks nothing', async () => {
    const { shadow, outcomes } = open({
      current: serving(() => Promise.reject(new Error('not reached')), 'two'),
    });
    shadow.offer(answered(requestOf('a', 'b'), replyOf([1, 2])));
    await shadow.step(signal);
    expect(outcomes).toEqual([{ kind: 'dropped' }]);
  });
});
