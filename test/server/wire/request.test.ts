import { describe, expect, test } from '@jest/globals';
import { parseProtoRoot } from '../../../src/proto/proto-root.ts';
import type { WireRankRequestInput } from '../../../src/proto/generated/slmrank/v1/RankRequest.ts';
import { toRankForm, toTokenizeForm } from '../../../src/server/wire/request.ts';
import { testRequest } from '../../support/models/tiny-pipeline.ts';

const { Rank } = parseProtoRoot().service;

/** The form of a message as the loader decodes it. */
const formOf = (wire: WireRankRequestInput) =>
  toRankForm(Rank.requestDeserialize(Rank.requestSerialize(wire)));

test('absent fields are undefined, and unspecified ones have their defaults', () => {
  expect(formOf({ query: 'q', candidates: [{ text: 'x' }] })).toMatchObject({
    query: 'q',
    instruction: undefined,
    topN: undefined,
    minScore: undefined,
    scoreKind: 'probability',
    truncation: 'end',
    priority: 'interactive',
    onBadCandidate: 'refuse',
    useCache: true,
    partialOk: false,
    maxReplyBytes: undefined,
  });
});

test('given fields are taken over', () => {
  const form = formOf({
    query: 'q',
    candidates: [{ id: 'a', text: 'x', title: 't', version: '2' }],
    topN: 3,
    scoreKind: 'SCORE_KIND_LOGIT',
    truncation: 'TRUNCATION_START',
    priority: 'PRIORITY_DEFERRABLE',
    onBadCandidate: 'ON_BAD_CANDIDATE_SKIP',
    noCache: true,
    timeoutMs: 700,
  });
  expect(form).toMatchObject({
    topN: 3,
    scoreKind: 'logit',
    truncation: 'start',
    priority: 'deferrable',
    onBadCandidate: 'skip',
    useCache: false,
    timeoutMs: 700,
  });
  expect(form.candidates).toMatchObject([{ id: 'a', text: 'x', title: 't', version: '2' }]);
});

describe('an unknown value', () => {
  test('keeps its number and names the allowed values', () => {
    const { truncation } = formOf({ query: 'q', candidates: [], truncation: 9 as never });
    expect(truncation).toEqual({
      given: 9,
      allowed: ['TRUNCATION_UNSPECIFIED', 'TRUNCATION_END', 'TRUNCATION_START', 'TRUNCATION_ERROR'],
    });
  });
});

test('a reply that may exceed max_reply_bytes is a fault of the request', () => {
  const request = testRequest('q', ['x']);
  const faultOf = (maxReplyBytes?: number) =>
    formOf({ query: 'q', candidates: [], ...(maxReplyBytes && { maxReplyBytes }) }).findReplyFault(
      request,
    );
  expect(faultOf(100)).toMatchObject({ field: 'max_reply_bytes' });
  expect([faultOf(1_000_000), faultOf()]).toEqual([undefined, undefined]);
});

test('a tokenize form has the texts and the limit of the reply', () => {
  const wire = { texts: ['a', ''], returnIds: true, maxReplyBytes: 5 };
  expect(toTokenizeForm(wire)).toEqual({ texts: ['a', ''], maxReplyBytes: 5 });
});
