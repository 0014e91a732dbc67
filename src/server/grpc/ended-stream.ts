import type { Metadata } from '@grpc/grpc-js';
import { presentError, RankError } from '../../base/errors.ts';
import type { Access } from '../../desk/access/access.ts';
import { toStatus } from '../wire/error.ts';
import { requestIdKey, takeCredential } from '../wire/metadata.ts';
import { addLoadReport, type CallParts } from './unary.ts';

export interface EndedStreamParts extends CallParts {
  readonly access: Pick<Access, 'follow'>;
}

interface StreamCall {
  readonly metadata: Metadata;
  emit(event: 'error', failed: unknown): unknown;
  once(event: 'cancelled', listener: () => void): unknown;
}

/** The end of a stream: by its client, its API key, the server, or with a status of ours. */
export class EndedStream {
  readonly #call: StreamCall;
  readonly #parts: EndedStreamParts;
  readonly #onEnd: () => void;
  #isEnded = false;

  /**
   * `onDraining` is called when the server begins to drain, `onEnd` when the stream ends. A stream
   * that fails calls `onEnd` a second time when its status has been sent.
   */
  constructor(
    call: StreamCall,
    parts: EndedStreamParts,
    { onDraining, onEnd }: { readonly onDraining: () => void; readonly onEnd: () => void },
  ) {
    this.#call = call;
    this.#parts = parts;
    this.#onEnd = onEnd;
    const unfollow = parts.access.follow(takeCredential(call.metadata), (error) =>
      this.fail(error),
    );
    const close = parts.lifecycle.open({ end: (error) => this.fail(error), onDraining });
    // The library emits this at the end of every call.
    call.once('cancelled', () => {
      this.#isEnded = true;
      unfollow();
      close();
      onEnd();
    });
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** The stream has been ended well. */
  finish(): void {
    this.#isEnded = true;
  }

  fail(thrown: unknown): void {
    if (!this.#isEnded) {
      this.#isEnded = true;
      this.#onEnd();
      const [requestId = ''] = this.#call.metadata.get(requestIdKey);
      // The library's way to end a stream with a status; the stream stays open until it is sent.
      const failed = toStatus(presentError(thrown), requestId.toString(), this.#parts.root);
      addLoadReport(failed.metadata, this.#parts);
      this.#call.emit('error', failed);
    }
  }
}

export function draining(advice: string): RankError {
  return new RankError('unavailable', `the server is draining; ${advice}`, { reason: 'DRAINING' });
}
