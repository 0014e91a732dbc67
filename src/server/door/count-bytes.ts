import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { RankError } from '../../base/errors.ts';
import { ByteLedger, CallBytes } from './call-bytes.ts';
import { type CallOrigin, shareHolderOf } from './call-room.ts';

/**
 * A health request contains only a service name of ours, which is short. It needs no key, so its
 * bytes are counted apart from the rest.
 */
const healthBytes = { call: 2048, all: 16_777_216 };

/** Counts the bytes that open calls hold, and refuses a call whose bytes do not fit. */
export class ByteCounter {
  readonly #ledger: ByteLedger;
  readonly #healthLedger = new ByteLedger(healthBytes.all);
  readonly #mostMessageBytes: number;

  constructor(bufferedBytes: number, mostMessageBytes: number) {
    this.#ledger = new ByteLedger(bufferedBytes, mostMessageBytes);
    this.#mostMessageBytes = mostMessageBytes;
  }

  get heldBytes(): number {
    return this.#ledger.held + this.#healthLedger.held;
  }

  /**
   * Counts a request whose length is known before it is read. Returns a function that releases its
   * bytes.
   *
   * @throws RankError `overloaded`
   */
  hold(bytes: number, origin: CallOrigin): () => void {
    const ledger = this.#ledger;
    const holder = shareHolderOf(origin);
    const refusal = ledger.take(bytes, holder);
    if (refusal !== 'fits') {
      throw noRoom({ refusal, held: ledger.heldBy(holder) }, ledger);
    }
    return () => ledger.change(-bytes, holder);
  }

  /** Counts what a stream receives from now on. */
  count(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    origin: CallOrigin,
    refuse: (error: RankError) => void,
  ): CallBytes {
    const isHealth = origin.kind === 'check' || origin.kind === 'watch';
    const ledger = isHealth ? this.#healthLedger : this.#ledger;
    const { 'grpc-encoding': encoding = 'identity' } = headers;
    const bytes = new CallBytes({
      ledger,
      holder: shareHolderOf(origin),
      isCompressed: encoding !== 'identity',
      mostMessageBytes: this.#mostMessageBytes,
    });
    let received = 0;
    stream.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (stream.closed) {
        return;
      }
      if (isHealth && received > healthBytes.call) {
        refuse(tooLong());
      } else if (!bytes.add(chunk)) {
        refuse(noRoom(bytes, ledger));
      }
    });
    return bytes;
  }
}

function tooLong(): RankError {
  const message = `a health request has more than ${healthBytes.call} bytes, the most that are allowed`;
  return new RankError('invalid-argument', message);
}

function noRoom(
  { refusal, held }: Pick<CallBytes, 'refusal' | 'held'>,
  { most }: ByteLedger,
): RankError {
  const message =
    refusal === 'share'
      ? `the open requests of this client hold ${held} bytes; ` +
        `at most as many as it leaves free of ${most}`
      : `the open requests hold all of the ${most} bytes that they may`;
  return new RankError('overloaded', message, { reason: 'BYTES_IN_FLIGHT' });
}
