import { type handleBidiStreamingCall, Metadata, type ServerDuplexStream } from '@grpc/grpc-js';
import type { FieldViolation } from '../../base/errors.ts';
import { type DeskCall, PendingAnswer } from '../../desk/answer.ts';
import { endedEvent, RankNotes } from '../../desk/ended-event.ts';
import { timeLimitOf } from '../../desk/request-rules.ts';
import { invalidRequest } from '../../desk/violations.ts';
import type { WireRankRequest } from '../../proto/generated/slmrank/v1/RankRequest.ts';
import type { WireRankResponseInput } from '../../proto/generated/slmrank/v1/RankResponse.ts';
import type { WireRankStreamResponseInput } from '../../proto/generated/slmrank/v1/RankStreamResponse.ts';
import { toWireError } from '../wire/error.ts';
import type { Received } from '../wire/guard-decoder.ts';
import { callerOf, timeLeft } from '../wire/metadata.ts';
import { draining, EndedStream, type EndedStreamParts } from './ended-stream.ts';
import { addLoadReport } from './unary.ts';

export interface RankStreamParts extends EndedStreamParts {
  readonly rank: (
    message: WireRankRequest,
    requestId: string,
    call: DeskCall,
  ) => Promise<WireRankResponseInput>;
  /** The most unanswered requests of one stream. */
  readonly streamUnanswered: number;
}

const missingId = {
  field: 'request_id',
  description: 'is missing; every request of a stream needs one',
};
const repeatedId = {
  field: 'request_id',
  description: 'is that of another unanswered request of this stream',
};

type Call = ServerDuplexStream<Received<WireRankRequest>, WireRankStreamResponseInput>;

export function rankStream(
  parts: RankStreamParts,
): handleBidiStreamingCall<Received<WireRankRequest>, WireRankStreamResponseInput> {
  return (call) => new RankStream(call, parts).begin();
}

/**
 * One RankStream call. A request counts as unanswered from the moment it is read until its answer
 * has been handed to the transport, so the same limit slows down a client that sends without
 * reading.
 */
class RankStream {
  readonly #call: Call;
  readonly #parts: RankStreamParts;
  readonly #stream: EndedStream;
  /** By request id. */
  readonly #pending = new Map<string, PendingAnswer<WireRankResponseInput>>();
  #unanswered = 0;
  #isHalfClosed = false;

  constructor(call: Call, parts: RankStreamParts) {
    this.#call = call;
    this.#parts = parts;
    this.#stream = new EndedStream(call, parts, {
      onDraining: () => this.#advance(),
      onEnd: () => this.#abandonPending(),
    });
  }

  begin(): void {
    try {
      this.#parts.lifecycle.assertServing();
    } catch (error) {
      this.#stream.fail(error);
      return;
    }
    this.#call.on('data', (received: Received<WireRankRequest>) => this.#accept(received));
    this.#call.on('end', () => {
      this.#isHalfClosed = true;
      this.#advance();
    });
  }

  #accept(received: Received<WireRankRequest>): void {
    this.#unanswered += 1;
    if (this.#unanswered >= this.#parts.streamUnanswered) {
      this.#call.pause();
    }
    const requestId = received.ok ? (received.message.requestId ?? '') : received.requestId;
    if (!received.ok) {
      this.#refuse(requestId, received.violation);
    } else if (requestId === '') {
      this.#refuse(requestId, missingId);
    } else if (this.#pending.has(requestId)) {
      this.#refuse(requestId, repeatedId);
    } else {
      this.#rank(received.message, requestId);
    }
  }

  #refuse(requestId: string, violation: FieldViolation): void {
    const error = invalidRequest([violation]);
    const nowMs = this.#parts.clock.nowMs();
    const event = endedEvent(new RankNotes(), {
      method: 'RankStream',
      requestId,
      caller: callerOf(this.#call.metadata),
      error,
      startedAtMs: nowMs,
      endedAtMs: nowMs,
      dueAtMs: nowMs,
    });
    if (event !== undefined) {
      this.#parts.tell?.(event);
    }
    this.#answer({ requestId, error: toWireError(error) });
  }

  #rank(message: WireRankRequest, requestId: string): void {
    const pending = new PendingAnswer<WireRankResponseInput>(
      {
        method: 'RankStream',
        requestId,
        caller: callerOf(this.#call.metadata),
        timeLeftMs: Math.min(timeLeft(this.#call.getDeadline()), timeLimitOf(message.timeoutMs)),
        deliver: (outcome) => {
          this.#pending.delete(requestId);
          this.#answer(
            outcome.ok
              ? { requestId, response: outcome.reply }
              : { requestId, error: toWireError(outcome.error) },
          );
        },
      },
      this.#parts,
    );
    this.#pending.set(requestId, pending);
    pending.run((context) => this.#parts.rank(message, requestId, context));
  }

  #answer(message: WireRankStreamResponseInput): void {
    if (this.#stream.isEnded) {
      return;
    }
    this.#call.write(message, () => {
      this.#unanswered -= 1;
      this.#advance();
    });
  }

  /** Called after every change. Ends the stream if all is answered; reads on if there is room. */
  #advance(): void {
    const { lifecycle, streamUnanswered } = this.#parts;
    if (this.#stream.isEnded) {
      return;
    }
    if (this.#isHalfClosed && this.#unanswered === 0) {
      this.#stream.finish();
      this.#call.end(addLoadReport(new Metadata(), this.#parts));
    } else if (lifecycle.isDraining) {
      this.#endDraining();
    } else if (this.#unanswered < streamUnanswered && this.#call.isPaused()) {
      this.#call.resume();
    }
  }

  /**
   * Reads no more. Requests that were read are answered; the others were never begun, so the client
   * can safely send them to another server.
   */
  #endDraining(): void {
    this.#call.pause();
    if (this.#unanswered === 0) {
      this.#stream.fail(draining('send unanswered requests to another server'));
    }
  }

  #abandonPending(): void {
    for (const pending of this.#pending.values()) {
      pending.abandon();
    }
    this.#pending.clear();
  }
}
