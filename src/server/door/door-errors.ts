import type { IncomingHttpHeaders } from 'node:http2';
import { RankError } from '../../base/errors.ts';
import type { ByteLedger, CallBytes } from './call-bytes.ts';

/** @throws RankError `invalid-argument` */
export function assertMetadata(headers: IncomingHttpHeaders, most: number): void {
  const bytes = Object.entries(headers).reduce(
    (sum, [name, value]) => sum + name.length + String(value).length,
    0,
  );
  if (bytes > most) {
    throw new RankError(
      'invalid-argument',
      `the call has ${bytes} bytes of metadata; at most ${most}`,
      { reason: 'METADATA_TOO_LARGE' },
    );
  }
}

export function gaveWay(): RankError {
  return new RankError('overloaded', 'this health check gave way to later ones', {
    reason: 'TOO_MANY_CALLS',
  });
}

export function stalled(way: 'receiving' | 'sending', messageMs: number): RankError {
  const what = way === 'receiving' ? 'a message did not arrive' : 'an answer was not taken';
  return new RankError('deadline-exceeded', `${what} within ${messageMs} ms`, {
    reason: 'STALLED',
  });
}

export function tooLong(most: number): RankError {
  return new RankError(
    'invalid-argument',
    `a health request has more than ${most} bytes; at most so many`,
  );
}

export function noRoom({ refusal, held }: CallBytes, { most }: ByteLedger): RankError {
  const message =
    refusal === 'share'
      ? `the requests of this client under way hold ${held} bytes; at most as many as it leaves free of ${most}`
      : `the requests under way hold all of the ${most} bytes that they may`;
  return new RankError('overloaded', message, { reason: 'BYTES_IN_FLIGHT' });
}
