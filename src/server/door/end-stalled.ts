import { constants } from 'node:http2';
import { RankError } from '../../base/errors.ts';
import type { OpenCalls } from './open-calls.ts';
import type { Refusals } from './refusals.ts';

export interface StallParts {
  readonly openCalls: OpenCalls;
  readonly refusals: Refusals;
  /** The longest that a client may take to send a message or to read an answer. */
  readonly messageMs: number;
}

/** Refuses calls whose clients have stalled, and closes calls that are over. */
export function endStalled({ openCalls, refusals, messageMs }: StallParts, nowMs: number): void {
  for (const open of openCalls.list()) {
    const { stream, bytes } = open;
    if (stream.destroyed) {
      openCalls.close(open);
      continue;
    }
    bytes.setUnsent(stream.writableLength);
    if (open.isOver(nowMs)) {
      stream.close(constants.NGHTTP2_NO_ERROR);
    } else if (!refusals.has(stream)) {
      const stall = open.findStall(nowMs, messageMs);
      if (stall !== undefined) {
        refusals.refuse(stream, stalled(stall, messageMs));
      }
    }
  }
}

function stalled(direction: 'receiving' | 'sending', messageMs: number): RankError {
  const fault =
    direction === 'receiving' ? 'a message did not arrive' : 'the client did not read an answer';
  const message = `${fault} within ${messageMs} ms`;
  return new RankError('deadline-exceeded', message, { reason: 'STALLED' });
}
