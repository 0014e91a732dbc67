import { randomUUID } from 'node:crypto';
import { type handleUnaryCall, Metadata } from '@grpc/grpc-js';
import { type AnswerParts, type DeskCall, PendingAnswer } from '../../desk/answer.ts';
import type { RankNotes } from '../../desk/ended-event.ts';
import type { Lifecycle } from '../../desk/lifecycle.ts';
import type { ProtoRoot } from '../../proto/proto-root.ts';
import { toStatus } from '../wire/error.ts';
import {
  callerOf,
  chooseRequestId,
  requestIdMetadata,
  serverTiming,
  serverTimingKey,
  timeLeft,
} from '../wire/metadata.ts';
import { type LoadReports, loadReportKey } from './load-report.ts';

/** The parts of the server that every call needs. */
export interface CallParts extends AnswerParts {
  readonly root: ProtoRoot;
  readonly lifecycle: Lifecycle;
  readonly reports?: Pick<LoadReports, 'trailer'> | undefined;
}

export interface UnaryMethod<In, Out> {
  readonly method: string;
  /** The request id in the message, if it has one. */
  readonly requestIdOf?: (message: In) => string | undefined;
  /** The time limit in the message; Infinity if it has none. */
  readonly timeLimitMsOf?: (message: In) => number;
  readonly work: (message: In, requestId: string, call: DeskCall) => Out | Promise<Out>;
}

/**
 * A handler that answers exactly once, or not at all when the client has disconnected. Never throws
 * into the library.
 */
export function unary<In, Out>(
  { method, requestIdOf, timeLimitMsOf, work }: UnaryMethod<In, Out>,
  parts: CallParts,
): handleUnaryCall<In, Out> {
  return (call, callback) => {
    const { request, metadata } = call;
    const requestId = chooseRequestId(requestIdOf?.(request), metadata, randomUUID);
    const ownLimitMs = timeLimitMsOf?.(request) ?? Number.POSITIVE_INFINITY;
    const pending = new PendingAnswer<Out>(
      {
        method,
        requestId,
        caller: callerOf(metadata),
        timeLeftMs: Math.min(timeLeft(call.getDeadline()), ownLimitMs),
        deliver: (outcome) => {
          if (outcome.ok) {
            // Only now: initial metadata commits the call, and clients do not retry after it.
            call.sendMetadata(requestIdMetadata(requestId));
            callback(null, outcome.reply, addTrailers(new Metadata(), pending.notes, parts));
          } else {
            const failed = toStatus(outcome.error, requestId, parts.root);
            addTrailers(failed.metadata, pending.notes, parts);
            callback(failed);
          }
        },
      },
      parts,
    );
    const close = parts.lifecycle.open({ end: (error) => pending.fail(error) });
    // The library emits this at the end of every call, even a successful one (grpc-node#2771).
    call.once('cancelled', () => {
      pending.abandon();
      close();
    });
    pending.run((context) => work(request, requestId, context));
  };
}

function addTrailers(trailers: Metadata, { reply }: RankNotes, parts: CallParts): Metadata {
  if (reply !== undefined) {
    trailers.set(serverTimingKey, serverTiming(reply.times));
  }
  return addLoadReport(trailers, parts);
}

/** Adds the server's load, for clients that balance by it. */
export function addLoadReport(
  trailers: Metadata,
  { reports }: Pick<CallParts, 'reports'>,
): Metadata {
  if (reports !== undefined) {
    trailers.set(loadReportKey, reports.trailer());
  }
  return trailers;
}
