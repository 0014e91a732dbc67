import { FairRoom, type RoomVerdict } from '../../base/fair-room.ts';

/** The bytes that all open calls hold together, shared fairly between their holders. */
export class ByteLedger {
  readonly most: number;
  readonly #room: FairRoom;

  /** Each holder may have `always` bytes while there is room; by default, as many as it likes. */
  constructor(most: number, always = most) {
    this.most = most;
    this.#room = new FairRoom(most, always);
  }

  get held(): number {
    return this.#room.held;
  }

  heldBy(holder: string): number {
    return this.#room.heldBy(holder);
  }

  /** Takes all of the bytes or none. */
  take(bytes: number, holder: string): RoomVerdict {
    const verdict = this.#room.judge(holder, bytes);
    if (verdict === 'fits') {
      this.#room.take(holder, bytes);
    }
    return verdict;
  }

  /** Adds bytes that are held already, even if they do not fit. Negative bytes are released. */
  change(bytes: number, holder: string): void {
    this.#room.take(holder, bytes);
  }
}

/** A flag and the length before each message (gRPC over HTTP/2, "Length-Prefixed-Message"). */
const frameBytes = 5;
/** The most that deflate can expand a text. */
const maxDeflateRatio = 1032;
/** How much usual texts expand, with a margin, for messages whose unpacked size is unknown. */
const textRatio = 16;

export interface CallBytesParts {
  readonly ledger: ByteLedger;
  /** The client or connection that the bytes count for. */
  readonly holder?: string;
  /** Whether the call's messages may be compressed. */
  readonly isCompressed: boolean;
  /** The transport aborts longer messages, compressed or not. */
  readonly mostMessageBytes: number;
}

/**
 * The bytes of one call in the ledger. A message counts from its first byte until it is answered.
 * Follows the framing without storing bytes. A compressed message counts for its largest possible
 * size until it is unpacked.
 */
export class CallBytes {
  readonly #parts: CallBytesParts;
  /** Complete and unanswered, oldest first. */
  readonly #messages: { bytes: number; charge: number; isDecoded: boolean }[] = [];
  readonly #prefix = new Uint8Array(frameBytes);
  /** Bytes received of the current message, its prefix included; 0 between messages. */
  #received = 0;
  #length = 0;
  #charge = 0;
  #unsent = 0;
  #isClosed = false;
  #refusal: RoomVerdict = 'fits';

  constructor(parts: CallBytesParts) {
    this.#parts = parts;
  }

  get isInMessage(): boolean {
    return this.#received > 0;
  }

  /** Why the last bytes did not fit, if they did not. */
  get refusal(): RoomVerdict {
    return this.#refusal;
  }

  /** The bytes of all calls of the same holder. */
  get held(): number {
    return this.#parts.ledger.heldBy(this.#parts.holder ?? '');
  }

  /** Counts received bytes; false when there is no room for them. */
  add(chunk: Uint8Array): boolean {
    for (let place = 0; place < chunk.length; ) {
      const taken = this.#takeSome(chunk, place);
      if (taken === 0) {
        return false;
      }
      place += taken;
    }
    return true;
  }

  /** The oldest undecoded message has been decoded; `unpackedBytes` is its size after unpacking. */
  decoded(unpackedBytes?: number): void {
    const message = this.#messages.find(({ isDecoded }) => !isDecoded);
    if (message !== undefined) {
      message.isDecoded = true;
      const unpacked = Math.max(message.bytes, unpackedBytes ?? message.bytes * textRatio);
      const charge = Math.min(message.charge, unpacked);
      this.#change(charge - message.charge);
      message.charge = charge;
    }
  }

  /** A message has been answered. Releases the oldest one; in the end, all have been released. */
  answered(): void {
    this.#change(-(this.#messages.shift()?.charge ?? 0));
  }

  /**
   * Sets the bytes of answers that the client has not read yet; they count even if they do not fit.
   */
  setUnsent(bytes: number): void {
    if (!this.#isClosed) {
      this.#change(bytes - this.#unsent);
      this.#unsent = bytes;
    }
  }

  close(): void {
    const charges = this.#messages.splice(0).map(({ charge }) => charge);
    this.#change(-charges.reduce((sum, charge) => sum + charge, this.#charge + this.#unsent));
    this.#charge = 0;
    this.#unsent = 0;
    this.#isClosed = true;
  }

  /** Counts the chunk up to the end of the prefix or message; returns 0 when there is no room. */
  #takeSome(chunk: Uint8Array, place: number): number {
    const isPrefix = this.#received < frameBytes;
    const missing = isPrefix
      ? frameBytes - this.#received
      : this.#length + frameBytes - this.#received;
    const taken = Math.min(missing, chunk.length - place);
    if (!this.#grow(this.#received + taken)) {
      return 0;
    }
    if (isPrefix) {
      this.#prefix.set(chunk.subarray(place, place + taken), this.#received);
    }
    this.#received += taken;
    if (this.#received === frameBytes) {
      this.#length = new DataView(this.#prefix.buffer).getUint32(1);
    }
    if (this.#received === this.#length + frameBytes && this.#received >= frameBytes) {
      this.#complete();
    }
    return taken;
  }

  #complete(): void {
    this.#messages.push({ bytes: this.#received, charge: this.#charge, isDecoded: false });
    this.#received = 0;
    this.#length = 0;
    this.#charge = 0;
  }

  #grow(bytes: number): boolean {
    const { isCompressed, mostMessageBytes, ledger, holder = '' } = this.#parts;
    if (this.#isClosed) {
      return false;
    }
    const unpacked = isCompressed ? Math.min(bytes * maxDeflateRatio, mostMessageBytes) : 0;
    const charge = Math.max(bytes, unpacked);
    this.#refusal = ledger.take(charge - this.#charge, holder);
    const fits = this.#refusal === 'fits';
    this.#charge = fits ? charge : this.#charge;
    return fits;
  }

  #change(bytes: number): void {
    const { ledger, holder = '' } = this.#parts;
    ledger.change(bytes, holder);
  }
}
