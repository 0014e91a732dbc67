import type { ServerHttp2Stream } from 'node:http2';
import type { CallBytes } from './call-bytes.ts';
import type { CallOrigin } from './call-room.ts';

/** Longest that a client may take to end its side of a call that is answered. */
const graceMs = 1000;

/** A call on its stream: whose it is, what it holds, and whether its client has stalled. */
export class OpenCall {
  readonly stream: ServerHttp2Stream;
  readonly bytes: CallBytes;
  readonly origin: CallOrigin;
  /** More than one message may come, with any time between them. */
  hasManyMessages = false;
  #receivingSinceMs: number;
  #sendingSinceMs: number;
  #unsent = 0;
  #answeredAtMs: number | undefined;

  constructor(stream: ServerHttp2Stream, bytes: CallBytes, origin: CallOrigin, nowMs: number) {
    this.stream = stream;
    this.bytes = bytes;
    this.origin = origin;
    this.#receivingSinceMs = nowMs;
    this.#sendingSinceMs = nowMs;
  }

  /** To be told of an answer that was sent: what its client does not take at once is held. */
  countUnsent(): void {
    const { stream, bytes } = this;
    if (stream.writableNeedDrain) {
      bytes.setUnsent(stream.writableLength);
    }
  }

  /** Answered for a while, and still not ended by its client: nobody waits for anything. */
  isOver(nowMs: number): boolean {
    const isAnswered = this.stream.writableFinished && !this.stream.readableEnded;
    this.#answeredAtMs = isAnswered ? (this.#answeredAtMs ?? nowMs) : undefined;
    return this.#answeredAtMs !== undefined && nowMs - this.#answeredAtMs >= graceMs;
  }

  /**
   * Which way the client has stalled for longer than allowed. To be asked from time to time. A stream that we have paused
   * ourselves waits for us, not for the client.
   */
  findStall(nowMs: number, mostMs: number): 'receiving' | 'sending' | undefined {
    const { stream } = this;
    const isOwed = this.hasManyMessages ? this.bytes.isInMessage : !stream.readableEnded;
    if (!isOwed || stream.isPaused()) {
      this.#receivingSinceMs = nowMs;
    }
    if (stream.writableLength === 0 || stream.writableLength !== this.#unsent) {
      this.#unsent = stream.writableLength;
      this.#sendingSinceMs = nowMs;
    }
    if (nowMs - this.#receivingSinceMs > mostMs) {
      return 'receiving';
    }
    return nowMs - this.#sendingSinceMs > mostMs ? 'sending' : undefined;
  }
}
