import { RankError } from '../../../base/errors.ts';
import { PendingAnswer } from '../../../desk/answer.ts';
import type { Caller } from '../../../desk/caller.ts';
import type { StageTimes } from '../../../domain/rank.ts';
import type { CallParts, UnaryMethod } from '../../grpc/unary.ts';

/** One HTTP request, as far as its answers need it. */
export interface HttpQuestion {
  readonly requestId: string;
  readonly caller: Caller;
  /** The client's own limit in milliseconds; Infinity when it gave none. */
  readonly timeLeftMs: number;
  /** Aborted when the client disconnects before it has its answer. */
  readonly left: AbortSignal;
  /** Receives the times of a ranked request. */
  readonly noteTimes: (times: StageTimes) => void;
}

/**
 * Asks the desk one question, as a gRPC method would. A request of several questions asks several
 * times, and each is counted as one.
 *
 * @throws RankError
 */
export function ask<In, Out>(
  { method, timeLimitMsOf, work }: UnaryMethod<In, Out>,
  message: In,
  question: HttpQuestion,
  parts: CallParts,
): Promise<Out> {
  const { requestId, caller } = question;
  const ownLimitMs = timeLimitMsOf?.(message) ?? Number.POSITIVE_INFINITY;
  return new Promise<Out>((resolve, reject) => {
    const pending = new PendingAnswer<Out>(
      {
        method,
        requestId,
        caller,
        timeLeftMs: Math.min(question.timeLeftMs, ownLimitMs),
        deliver: (outcome) => {
          close();
          if (outcome.ok) {
            if (pending.notes.reply !== undefined) {
              question.noteTimes(pending.notes.reply.times);
            }
            resolve(outcome.reply);
          } else {
            reject(outcome.error);
          }
        },
      },
      parts,
    );
    const close = parts.lifecycle.open({ end: (error) => pending.fail(error) });
    question.left.addEventListener('abort', () => {
      pending.abandon();
      close();
      reject(new RankError('cancelled', 'the client has disconnected'));
    });
    pending.run((call) => work(message, requestId, call));
  });
}
