import type { IncomingHttpHeaders } from 'node:http2';
import { RankError } from '../../base/errors.ts';

/** @throws RankError `invalid-argument` for more than `maxBytes` of metadata. */
export function assertMetadata(headers: IncomingHttpHeaders, maxBytes: number): void {
  const bytes = Object.entries(headers).reduce(
    (sum, [name, value]) => sum + name.length + String(value).length,
    0,
  );
  if (bytes > maxBytes) {
    throw new RankError(
      'invalid-argument',
      `the call has ${bytes} bytes of metadata; at most ${maxBytes}`,
      { reason: 'METADATA_TOO_LARGE' },
    );
  }
}

/** gRPC over HTTP/2, "Timeout": at most eight digits and a unit. */
const timeoutForm = /^(\d{1,8})([HMSmun])$/;
const unitMs = new Map([
  ['H', 3_600_000],
  ['M', 60_000],
  ['S', 1000],
  ['m', 1],
  ['u', 1e-3],
  ['n', 1e-6],
]);
/**
 * The library keeps timeouts in 32 bits: the deadline of a longer one may already have passed
 * (grpc-js 1.14.7).
 */
const maxTimeoutMs = 2 ** 31 - 1;

/**
 * Removes a timeout of more than 24 days, which changes nothing: `maxCallMs` is less.
 *
 * @throws RankError `invalid-argument` for a malformed timeout, which the library would report as
 *   an internal error.
 */
export function mendTimeout(headers: IncomingHttpHeaders): void {
  const found = headers['grpc-timeout'];
  if (found === undefined) {
    return;
  }
  const [, digits, unit = ''] = timeoutForm.exec(String(found)) ?? [];
  const ms = unitMs.get(unit);
  if (digits === undefined || ms === undefined) {
    throw new RankError(
      'invalid-argument',
      `grpc-timeout is '${String(found).slice(0, 20)}'; ` +
        'at most eight digits and one of H, M, S, m, u, n are needed',
    );
  }
  if (Number(digits) * ms > maxTimeoutMs) {
    delete headers['grpc-timeout'];
  }
}
