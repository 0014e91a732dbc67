import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { expect, test } from '@jest/globals';
import { toCallError } from '../../src/client/call.ts';

const path = '/slmrank.v1.RankingService/Rank';

test('the error of a failed call names its method, its status and its message', () => {
  const failed: ServiceError = Object.assign(new Error('14'), {
    code: status.UNAVAILABLE,
    details: 'the server is draining',
    metadata: new Metadata(),
  });
  expect(toCallError(path, failed)).toMatchObject({
    name: 'CallError',
    code: 'UNAVAILABLE',
    message: 'Rank: UNAVAILABLE: the server is draining',
  });
});

test('a call that ends without an answer is an error too', () => {
  expect(toCallError(path, null)).toMatchObject({
    code: 'UNKNOWN',
    message: 'Rank: UNKNOWN: no answer',
  });
});
