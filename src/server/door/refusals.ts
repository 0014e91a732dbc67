import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Clock } from '../../base/clock.ts';
import { presentError, type RankError, type Reason, reasonOf } from '../../base/errors.ts';
import type { Log } from '../../observe/log.ts';
import type { ProtoRoot } from '../../proto/proto-root.ts';
import { toStatus } from '../wire/error.ts';

/** The longest that a client may take to read its refusal. */
const maxReadMs = 5000;

interface RefusalParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly root: ProtoRoot;
}

/** Calls that the door has refused or aborted, until their streams close. */
export class Refusals {
  readonly #parts: RefusalParts;
  readonly #counts = new Map<Reason, number>();
  /** The moment of each refusal. */
  readonly #refusedAtMs = new Map<ServerHttp2Stream, number>();

  constructor(parts: RefusalParts) {
    this.#parts = parts;
  }

  /** Refused calls by reason. */
  get counts(): ReadonlyMap<Reason, number> {
    return this.#counts;
  }

  has(stream: ServerHttp2Stream): boolean {
    return this.#refusedAtMs.has(stream);
  }

  /** Refuses a stream, once. */
  refuse(stream: ServerHttp2Stream, thrown: unknown): void {
    if (this.has(stream)) {
      return;
    }
    const { clock, root } = this.#parts;
    const error = presentError(thrown);
    this.count(error);
    this.#refusedAtMs.set(stream, clock.nowMs());
    stream.on('error', () => undefined);
    stream.once('close', () => this.#refusedAtMs.delete(stream));
    endStream(stream, error, root);
  }

  /** Counts a call that is refused elsewhere. */
  count(error: RankError): void {
    const reason = reasonOf(error);
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    this.#parts.log.debug({ reason }, 'call refused');
  }

  /** Destroys the streams of clients that do not read their refusals. */
  sweep(): void {
    const latestAtMs = this.#parts.clock.nowMs() - maxReadMs;
    for (const [stream, refusedAtMs] of [...this.#refusedAtMs]) {
      if (stream.destroyed) {
        this.#refusedAtMs.delete(stream);
      } else if (refusedAtMs < latestAtMs) {
        stream.destroy();
      }
    }
  }
}

/**
 * Ends the stream with the error, or aborts it when an answer has begun. To the library both look
 * like a cancellation by the client.
 */
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
