import { type handleBidiStreamingCall, Metadata, type ServerDuplexStream } from '@grpc/grpc-js';
import { type FieldViolation, RankError } from '../../base/errors.ts';
import type { Access } from '../../desk/access/access.ts';
import type { WireRankRequest } from '../../proto/generated/slmrank/v1/RankRequest.ts';
import type { WireRankResponseInput } from '../../proto/generated/slmrank/v1/RankResponse.ts';
import type { WireRankStreamResponseInput } from '../../proto/generated/slmrank/v1/RankStreamResponse.ts';
import { callerOf } from '../../desk/caller.ts';
import { endedEvent, RankNotes } from '../../desk/ended-event.ts';
import { PendingAnswer, type ServerCall } from '../../desk/pending-answer.ts';
import type { Received } from '../wire/guard-decoder.ts';
import { requestIdKey } from '../wire/request-id.ts';
import { addLoadReport, type CallParts } from './unary.ts';
import { toStatus, toWireError } from '../wire/error.ts';
import { presentError } from '../../base/errors.ts';
import { invalidRequest, timeoutOf } from '../wire/request.ts';

export type RankOne = (
  message: WireRankRequest,
  requestId: string,
  call: ServerCall,
) => Promise<WireRankResponseInput>;

export interface RankStreamParts extends CallParts {
  readonly rank: RankOne;
  readonly access: Pick<Access, 'follow'>;
  /** Most unanswered requests of one stream. */
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
 * One RankStream call. A request is unanswered from being read until its answer has gone out to the transport, so a
 * client that sends without reading is slowed down by the same bound.
 */
class RankStream {
  readonly #call: Call;
  readonly #parts: RankStreamParts;
  /** By request id. */
  readonly #pending = new Map<string, PendingAnswer<WireRankResponseInput>>();
  #unanswered = 0;
  #isHalfClosed = false;
  #isEnded = false;

  constructor(call: Call, parts: RankStreamParts) {
    this.#call = call;
    this.#parts = parts;
  }

  begin(): void {
    const { lifecycle, access } = this.#parts;
    const forget = access.follow(this.#call.metadata, (error) => this.#fail(presentError(error)));
    const close = lifecycle.open({
      end: (error) => this.#fail(error),
      onDraining: () => this.#settle(),
    });
    this.#call.once('cancelled', () => {
      this.#isEnded = true;
      this.#abandonPending();
      forget();
      close();
    });
    try {
      lifecycle.assertServing();
    } catch (error) {
      this.#fail(presentError(error));
      return;
    }
    this.#call.on('data', (received: Received<WireRankRequest>) => this.#accept(received));
    this.#call.on('end', () => {
      this.#isHalfClosed = true;
      this.#settle();
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
      this.#work(received.message, requestId);
    }
  }

  #refuse(requestId: string, violation: FieldViolation): void {
    const error = invalidRequest([violation]);
    const nowMs = this.#parts.clock.nowMs();
    const event = endedEvent(new RankNotes(), {
      ...{ method: 'RankStream', requestId, error, caller: callerOf(this.#call.metadata) },
      ...{ startedMs: nowMs, endedMs: nowMs, dueMs: nowMs },
    });
    if (event !== undefined) {
      this.#parts.tell?.(event);
    }
    this.#answer({ requestId, error: toWireError(error) });
  }

  #work(message: WireRankRequest, requestId: string): void {
    const pending = new PendingAnswer<WireRankResponseInput>(
      {
        method: 'RankStream',
        requestId,
        metadata: this.#call.metadata,
        deadline: this.#call.getDeadline(),
        timeoutMs: timeoutOf(message),
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
    if (this.#isEnded) {
      return;
    }
    this.#call.write(message, () => {
      this.#unanswered -= 1;
      this.#settle();
    });
  }

  /** After every change: ends the stream when nothing is owed, or reads on when there is room. */
  #settle(): void {
    const { lifecycle, streamUnanswered } = this.#parts;
    if (this.#isEnded) {
      return;
    }
    if (this.#isHalfClosed && this.#unanswered === 0) {
      this.#isEnded = true;
      this.#call.end(addLoadReport(new Metadata(), this.#parts));
    } else if (lifecycle.isDraining) {
      this.#endDraining();
    } else if (this.#unanswered < streamUnanswered && this.#call.isPaused()) {
      this.#call.resume();
    }
  }

  /** Reads no more; what was read is answered, what was not was not executed and is safe to send elsewhere. */
  #endDraining(): void {
    this.#call.pause();
    if (this.#unanswered === 0) {
      this.#fail(
        new RankError('unavailable', 'the server is draining; send what is unanswered elsewhere', {
          reason: 'DRAINING',
        }),
      );
    }
  }

  #fail(error: RankError): void {
    if (!this.#isEnded) {
      this.#isEnded = true;
      this.#abandonPending();
      const [requestId = ''] = this.#call.metadata.get(requestIdKey);
      // The library's way to end a stream with a status; the stream stays whole until it is sent.
      const failed = toStatus(error, requestId.toString(), this.#parts.root);
      addLoadReport(failed.metadata, this.#parts);
      this.#call.emit('error', failed);
    }
  }

  #abandonPending(): void {
    for (const pending of this.#pending.values()) {
      pending.abandon();
    }
    this.#pending.clear();
  }
}
