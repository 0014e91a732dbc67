import { expect, test } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import { RankError } from '../../../src/base/errors.ts';
import type { BadCandidate, RankRequest } from '../../../src/domain/rank.ts';
import { encodeCandidates } from '../../../src/pipeline/stages/encode-candidates.ts';
import { FakeClock } from '../../support/fakes/clock.ts';
import { FakeEncoders } from '../../support/fakes/encoders.ts';
import { fakeRequest } from '../../support/fakes/runner.ts';
import { noDeadline, testRequest } from '../../support/models/tiny-pipeline.ts';

/** Encodes the last two of three candidates; the test answers for the encoders. */
function encodeLastTwo(change: Partial<RankRequest> = {}) {
  const [encoders, clock] = [new FakeEncoders(), new FakeClock()];
  const request = testRequest('nurse', ['one', 'two', 'three'], change);
  const keyed = request.candidates.map((candidate, place) => ({
    key: `key ${place}`,
    place,
    candidate,
  }));
  const call = { ...noDeadline(), priority: 'interactive', partialOk: false } as const;
  const encoded = encodeCandidates(request, keyed.slice(1), call, { clock, encoders });
  const { task, reply } = at(encoders.asked, 0);
  return { encoded, task, reply, clock };
}

test('sends texts, and the token ids of stored ones, to the encoders', async () => {
  const ids = Int32Array.of(4, 2);
  const stored = { source: 'SUMMARY', version: 1n, kept: [], ids } as const;
  const candidates = testRequest('', ['one', 'two', 'three']).candidates.map((candidate, i) =>
    i === 2 ? { ...candidate, title: 'Third', stored } : candidate,
  );
  const { encoded, task, reply, clock } = encodeLastTwo({ candidates, instruction: 'sort' });
  expect(task).toEqual({
    query: 'nurse',
    instruction: 'sort',
    context: undefined,
    candidates: [
      { title: undefined, text: 'two' },
      { title: 'Third', text: 'three', ids },
    ],
    truncation: 'end',
    maxCandidateTokens: undefined,
  });
  await clock.advance(7);
  const answer = fakeRequest([2, 3]);
  reply.resolve(answer);
  const { kept, request, bad, encodeMs } = await encoded;
  expect(kept.map(({ key }) => key)).toEqual(['key 1', 'key 2']);
  expect(request).toEqual(answer);
  expect([bad.size, encodeMs]).toEqual([0, 7]);
});

test('leaves out the candidates that the encoders skip, with the reason', async () => {
  const { encoded, task, reply } = encodeLastTwo({ onBadCandidate: 'skip' });
  expect(task.onBadCandidate).toBe('skip');
  const reason: BadCandidate = {
    reason: 'BLANK',
    field: 'text',
    description: 'has no visible text',
  };
  reply.resolve({ ...fakeRequest([3]), skipped: new Map([[0, reason]]) });
  const { kept, request, bad } = await encoded;
  expect(kept.map(({ key }) => key)).toEqual(['key 2']);
  expect(request).not.toHaveProperty('skipped');
  expect([...bad]).toEqual([
    ['key 1', { yes: 0, no: 0, tokens: 0, truncated: false, bad: reason }],
  ]);
});

test('an error names the candidate by its place in the request', async () => {
  const { encoded, reply } = encodeLastTwo();
  const violations = [{ field: 'candidates[1].text', description: 'is too long' }];
  reply.reject(
    new RankError('invalid-argument', 'candidates[1].text: is too long', { violations }),
  );
  await expect(encoded).rejects.toMatchObject({
    message: 'candidates[2].text: is too long',
    violations: [{ field: 'candidates[2].text', description: 'is too long' }],
  });
});
