import { expect, test } from '@jest/globals';
import { RankError } from '../../../../src/base/errors.ts';
import {
  retryAfterOf,
  statusOf,
  writeConnectError,
  writeRerankError,
  writeTeiError,
} from '../../../../src/server/http/shapes/errors.ts';

const violations = [{ field: 'query', description: 'is empty' }];
const bad = new RankError('invalid-argument', 'query is empty', { violations });

test('each API has its own body', () => {
  expect(writeRerankError(bad, 400)).toEqual({
    message: 'query is empty',
    error: { message: 'query is empty', type: 'INVALID_REQUEST', param: 'query', code: 400 },
  });
  expect(writeTeiError(bad, 400)).toEqual({ error: 'query is empty', error_type: 'Validation' });
  expect(writeConnectError(bad, 400)).toEqual({
    code: 'invalid_argument',
    message: 'query is empty',
    details: [
      {
        type: 'google.rpc.ErrorInfo',
        debug: { reason: 'INVALID_REQUEST', domain: 'slmrank', metadata: {} },
      },
      { type: 'google.rpc.BadRequest', debug: { fieldViolations: violations } },
    ],
  });
});

test.each([
  ['overloaded, with a time', new RankError('overloaded', '', { retryAfterMs: 1001 }), 429, 2],
  ['overloaded', new RankError('overloaded', ''), 429, 1],
  [
    'never to be admitted',
    new RankError('overloaded', '', { retryAfterMs: Number.POSITIVE_INFINITY }),
    429,
    undefined,
  ],
  ['unavailable', new RankError('unavailable', ''), 503, 1],
  ['late', new RankError('deadline-exceeded', ''), 504, undefined],
  ['wrong', bad, 400, undefined],
])('%s: status and seconds until a retry', (_case, error, status, seconds) => {
  expect([statusOf(error), retryAfterOf(error)]).toEqual([status, seconds]);
});
