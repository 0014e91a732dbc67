import { describe, expect, test } from '@jest/globals';
import { RankError } from '../../src/base/errors.ts';
import { assertAnswers } from '../../src/encode/assert-answers.ts';
import type { BatchOutcome } from '../../src/batch/packed-batch.ts';
import { fakePack, fakeRequest } from '../support/fakes/runner.ts';

function ask(outcome: BatchOutcome, encode = () => Promise.resolve(fakeRequest([3, 4]))) {
  return assertAnswers({
    name: 'tiny',
    encoders: { encode },
    runners: [{ name: 'cpu#0', run: () => Promise.resolve(outcome) }],
    pack: fakePack,
  });
}

const answered = (...logits: number[]): BatchOutcome => ({
  ok: true,
  logits: Float32Array.from(logits),
  runMs: 1,
});

describe('a model that is asked a question before it serves', () => {
  test('may serve when every logit is finite', async () => {
    await expect(ask(answered(1, -2, 3, 4))).resolves.toBeUndefined();
  });

  test.each([
    ['a logit is not finite', answered(1, 2, Number.NaN, 4), 'its logits are 1, 2, NaN, 4'],
    [
      'the run fails',
      { ok: false, kind: 'internal', message: 'indices out of bounds' },
      'indices out of bounds',
    ],
  ] as const)('may not serve when %s', async (_what, outcome, problem) => {
    await expect(ask(outcome)).rejects.toMatchObject({
      kind: 'unavailable',
      reason: 'MODEL_CANNOT_ANSWER',
      message: `tiny cannot answer a plain question: ${problem}`,
    });
  });

  test('may serve if the limits leave no room for the question, but not if encoding fails', async () => {
    const refuse = (kind: 'invalid-argument' | 'internal') => () =>
      Promise.reject(new RankError(kind, kind));
    await expect(ask(answered(), refuse('invalid-argument'))).resolves.toBeUndefined();
    await expect(ask(answered(), refuse('internal'))).rejects.toThrow('internal');
  });
});
