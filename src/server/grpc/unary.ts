import { randomUUID } from 'node:crypto';
import { type handleUnaryCall, Metadata } from '@grpc/grpc-js';
import type { RankNotes } from '../../desk/ended-event.ts';
import type { Lifecycle } from '../../desk/lifecycle.ts';
import { type LoadReports, loadReportKey } from './load-report.ts';
import {
  PendingAnswer,
  type PendingAnswerParts,
  type ServerCall,
} from '../../desk/pending-answer.ts';
import type { ProtoRoot } from '../../proto/proto-root.ts';
import { chooseRequestId, headerValue, requestIdKey } from '../wire/request-id.ts';
import { serverTiming, serverTimingKey } from './server-timing.ts';
import { toStatus } from '../wire/error.ts';

/** What every call needs of the server. */
export interface CallParts extends PendingAnswerParts {
  readonly root: ProtoRoot;
  readonly lifecycle: Lifecycle;
  readonly reports?: Pick<LoadReports, 'trailer'> | undefined;
}

export interface UnaryMethod<In, Out> {
  readonly method: string;
  /** The request's own name in the message, if it has one. */
  readonly requestIdOf?: (message: In) => string | undefined;
  /** The request's own time in the message, if it has one that is allowed. */
  readonly timeoutMsOf?: (message: In) => number | undefined;
  readonly work: (message: In, requestId: string, call: ServerCall) => Out | Promise<Out>;
}

/** A handler that answers exactly once, and not at all when the caller has gone. Never throws into the library. */
export function unary<In, Out>(
  { method, requestIdOf, timeoutMsOf, work }: UnaryMethod<In, Out>,
  parts: CallParts,
): handleUnaryCall<In, Out> {
  return (call, callback) => {
    const { request, metadata } = call;
    const requestId = chooseRequestId(requestIdOf?.(request), metadata, randomUUID);
    const pending = new PendingAnswer<Out>(
      {
        ...{ method, requestId, metadata },
        deadline: call.getDeadline(),
        timeoutMs: timeoutMsOf?.(request),
        deliver: (outcome) => {
          if (outcome.ok) {
            // Not earlier: initial metadata commits the call, and a client does not retry past it.
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
    // Comes at the end of every call, after success too (grpc-node#2771).
    call.once('cancelled', () => {
      pending.abandon();
      close();
    });
    pending.run((context) => work(request, requestId, context));
  };
}

/** How long the stages took, and how loaded the server is. */
function addTrailers(trailers: Metadata, { reply }: RankNotes, parts: CallParts): Metadata {
  if (reply !== undefined) {
    trailers.set(serverTimingKey, serverTiming(reply.times));
  }
  return addLoadReport(trailers, parts);
}

/** How loaded the server is, for clients that balance by it. */
export function addLoadReport(
  trailers: Metadata,
  { reports }: Pick<CallParts, 'reports'>,
): Metadata {
  if (reports !== undefined) {
    trailers.set(loadReportKey, reports.trailer());
  }
  return trailers;
}

function requestIdMetadata(requestId: string): Metadata {
  const metadata = new Metadata();
  metadata.set(requestIdKey, headerValue(requestId));
  return metadata;
}
