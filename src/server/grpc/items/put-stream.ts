import { randomUUID } from 'node:crypto';
import { type handleBidiStreamingCall, Metadata, type ServerDuplexStream } from '@grpc/grpc-js';
import { PendingAnswer } from '../../../desk/answer.ts';
import type { ItemDesk } from '../../../desk/items.ts';
import type { WireItemsPutInput } from '../../../proto/generated/slmrank/v1/ItemsPut.ts';
import type { WirePutItemsRequest } from '../../../proto/generated/slmrank/v1/PutItemsRequest.ts';
import type { WirePutItemsResponseInput } from '../../../proto/generated/slmrank/v1/PutItemsResponse.ts';
import { toWireError } from '../../wire/error.ts';
import { type Received, unwrap } from '../../wire/guard-decoder.ts';
import { toItemForms, toWirePut } from '../../wire/items.ts';
import { callerOf, chooseRequestId, timeLeft } from '../../wire/metadata.ts';
import { addLoadReport } from '../unary.ts';
import { draining, EndedStream, type EndedStreamParts } from '../ended-stream.ts';

export interface PutStreamParts extends EndedStreamParts {
  readonly desk: Pick<ItemDesk, 'put'>;
  /** The most unacknowledged messages of one stream. */
  readonly streamUnanswered: number;
}

type Call = ServerDuplexStream<Received<WirePutItemsRequest>, WirePutItemsResponseInput>;

export function putStream(
  parts: PutStreamParts,
): handleBidiStreamingCall<Received<WirePutItemsRequest>, WirePutItemsResponseInput> {
  return (call) => new PutStream(call, parts).begin();
}

/**
 * One PutItems call. A message counts as unacknowledged from the moment it is read until its
 * response has been handed to the transport.
 */
class PutStream {
  readonly #call: Call;
  readonly #parts: PutStreamParts;
  readonly #stream: EndedStream;
  readonly #requestId: string;
  readonly #pending = new Set<PendingAnswer<WireItemsPutInput>>();
  #sequence = 0;
  #unanswered = 0;
  #isHalfClosed = false;

  constructor(call: Call, parts: PutStreamParts) {
    this.#call = call;
    this.#parts = parts;
    this.#requestId = chooseRequestId(undefined, call.metadata, randomUUID);
    this.#stream = new EndedStream(call, parts, {
      onDraining: () => this.#advance(),
      onEnd: () => this.#abandon(),
    });
  }

  begin(): void {
    try {
      this.#parts.lifecycle.assertServing();
    } catch (error) {
      this.#stream.fail(error);
      return;
    }
    this.#call.on('data', (received: Received<WirePutItemsRequest>) => this.#put(received));
    this.#call.on('end', () => {
      this.#isHalfClosed = true;
      this.#advance();
    });
  }

  #put(received: Received<WirePutItemsRequest>): void {
    const sequence = this.#sequence;
    this.#sequence += 1;
    this.#unanswered += 1;
    if (this.#unanswered >= this.#parts.streamUnanswered) {
      this.#call.pause();
    }
    const { metadata } = this.#call;
    const pending = new PendingAnswer<WireItemsPutInput>(
      {
        method: 'PutItems',
        requestId: this.#requestId,
        caller: callerOf(metadata),
        timeLeftMs: timeLeft(this.#call.getDeadline()),
        deliver: (outcome) => {
          this.#pending.delete(pending);
          this.#answer(
            outcome.ok
              ? { sequence, put: outcome.reply }
              : { sequence, error: toWireError(outcome.error) },
          );
        },
      },
      this.#parts,
    );
    this.#pending.add(pending);
    pending.run(async (call) =>
      toWirePut(await this.#parts.desk.put(toItemForms(unwrap(received)), call)),
    );
  }

  #answer(message: WirePutItemsResponseInput): void {
    if (!this.#stream.isEnded) {
      this.#call.write(message, () => {
        this.#unanswered -= 1;
        this.#advance();
      });
    }
  }

  /** After every change: ends the stream when all is answered, or reads on when there is room. */
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

  /** Reads no more; messages that were read are acknowledged, the others were never begun. */
  #endDraining(): void {
    this.#call.pause();
    if (this.#unanswered === 0) {
      this.#stream.fail(draining('send what is not acknowledged again'));
    }
  }

  #abandon(): void {
    for (const pending of this.#pending) {
      pending.abandon();
    }
    this.#pending.clear();
  }
}
