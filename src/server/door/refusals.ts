import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../observe/log.ts';
import type { ProtoRoot } from '../../proto/proto-root.ts';
import { toStatus } from '../wire/error.ts';
import { presentError, type RankError, type Reason, reasonOf } from '../../base/errors.ts';

/** Longest that a client may take to take a refusal. */
const mostMs = 5000;

interface RefusalParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly root: ProtoRoot;
}

/** Calls that are refused before a handler sees them, or broken off by the door, until their streams close. */
export class Refusals {
  readonly #parts: RefusalParts;
  readonly #counts = new Map<Reason, number>();
  /** With the time of the refusal. */
  readonly #ending = new Map<ServerHttp2Stream, number>();

  constructor(parts: RefusalParts) {
    this.#parts = parts;
  }

  /** By reason. */
  get counts(): ReadonlyMap<Reason, number> {
    return this.#counts;
  }

  has(stream: ServerHttp2Stream): boolean {
    return this.#ending.has(stream);
  }

  /** A stream is refused once, and counted once. */
  refuse(stream: ServerHttp2Stream, thrown: unknown): void {
    if (this.has(stream)) {
      return;
    }
    const { clock, log, root } = this.#parts;
    const error = presentError(thrown);
    const reason = reasonOf(error);
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    log.debug({ reason }, 'call refused');
    this.#ending.set(stream, clock.nowMs());
    stream.on('error', () => undefined);
    stream.once('close', () => this.#ending.delete(stream));
    endStream(stream, error, root);
  }

  /** Gives up on clients that do not take their refusals. */
  sweep(): void {
    const latestMs = this.#parts.clock.nowMs() - mostMs;
    for (const [stream, refusedAtMs] of [...this.#ending]) {
      if (stream.destroyed) {
        this.#ending.delete(stream);
      } else if (refusedAtMs < latestMs) {
        stream.destroy();
      }
    }
  }
}

/** Ends the stream with the error, or, when an answer has begun, breaks it off. The library takes it for a cancel. */
function endStream(stream: ServerHttp2Stream, error: RankError, root: ProtoRoot): void {
  if (stream.closed || stream.destroyed) {
    return;
  }
  if (stream.headersSent) {
    stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    return;
  }
  const { code, details, metadata } = toStatus(error, '', root);
  stream.respond(
    {
      ':status': 200,
      'content-type': 'application/grpc+proto',
      'grpc-status': String(code),
      'grpc-message': encodeURI(details),
      ...metadata.toHttp2Headers(),
    },
    { endStream: true },
  );
  stream.close(constants.NGHTTP2_NO_ERROR);
}
