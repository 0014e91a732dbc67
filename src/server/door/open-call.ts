import type { ServerHttp2Stream } from 'node:http2';
import type { CallBytes } from './call-bytes.ts';
import type { CallOrigin } from './call-room.ts';

/** The longest that a client may take to end its side of an answered call. */
const maxLingerMs = 1000;

/** A call on its stream: its origin, the bytes that it holds, and whether its client stalls. */
export class OpenCall {
  readonly stream: ServerHttp2Stream;
  readonly bytes: CallBytes;
  readonly origin: CallOrigin;
  /** Whether the client may send several messages, at any time. */
  hasManyMessages = false;
  #receivingSinceAtMs: number;
  #sendingSinceAtMs: number;
  #unsent = 0;
  #answeredAtMs: number | undefined;

  constructor(stream: ServerHttp2Stream, bytes: CallBytes, origin: CallOrigin, nowMs: number) {
    this.stream = stream;
    this.bytes = bytes;
    this.origin = origin;
    this.#receivingSinceAtMs = nowMs;
    this.#sendingSinceAtMs = nowMs;
  }

  /** Call after sending an answer: counts the bytes that the client does not read at once. */
  countUnsent(): void {
    const { stream, bytes } = this;
    if (stream.writableNeedDrain) {
      bytes.setUnsent(stream.writableLength);
    }
  }

  /** Whether the call was answered a while ago and only the client's side is still open. */
  isOver(nowMs: number): boolean {
    const isAnswered = this.stream.writableFinished && !this.stream.readableEnded;
    this.#answeredAtMs = isAnswered ? (this.#answeredAtMs ?? nowMs) : undefined;
    return this.#answeredAtMs !== undefined && nowMs - this.#answeredAtMs >= maxLingerMs;
  }

  /**
   * The direction in which the client has stalled for longer than `mostMs`, if it has. Call this
   * regularly. A stream that we have paused waits for us, not for the client.
   */
  findStall(nowMs: number, mostMs: number): 'receiving' | 'sending' | undefined {
    const { stream } = this;
    const isOwed = this.hasManyMessages ? this.bytes.isInMessage : !stream.readableEnded;
    if (!isOwed || stream.isPaused()) {
      this.#receivingSinceAtMs = nowMs;
    }
    if (stream.writableLength === 0 || stream.writableLength !== this.#unsent) {
      this.#unsent = stream.writableLength;
      this.#sendingSinceAtMs = nowMs;
    }
    if (nowMs - this.#receivingSinceAtMs > mostMs) {
      return 'receiving';
    }
    return nowMs - this.#sendingSinceAtMs > mostMs ? 'sending' : undefined;
  }
}
