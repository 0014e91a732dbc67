import type { IncomingHttpHeaders } from 'node:http2';
import { RankError } from '../../base/errors.ts';

/** gRPC over HTTP/2, "Timeout": at most eight digits and a unit. */
const form = /^(\d{1,8})([HMSmun])$/;
const msOf: Readonly<Record<string, number>> = {
  ...{ H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 },
};
/** The library keeps it in 32 bits: a day more, and the deadline may already have passed (grpc-js 1.14.7). */
const mostMs = 2 ** 31 - 1;

/**
 * Takes out a timeout of more than 24 days, which is as good as none here: `maxCallMs` is less.
 *
 * @throws RankError `invalid-argument` for what is no timeout; the library would call it a fault of its own.
 */
export function mendTimeout(headers: IncomingHttpHeaders): void {
  const found = headers['grpc-timeout'];
  if (found === undefined) {
    return;
  }
  const [, digits, unit = ''] = form.exec(String(found)) ?? [];
  if (digits === undefined) {
    throw new RankError(
      'invalid-argument',
      `grpc-timeout is '${String(found).slice(0, 20)}'; at most eight digits and one of H, M, S, m, u, n are needed`,
    );
  }
  if (Number(digits) * (msOf[unit] ?? 0) > mostMs) {
    delete headers['grpc-timeout'];
  }
}
