/** Request bytes held for all open calls together. */
export class ByteLedger {
  readonly most: number;
  #held = 0;

  constructor(most: number) {
    this.most = most;
  }

  get held(): number {
    return this.#held;
  }

  /** False, and nothing held, when there is no room. */
  take(bytes: number): boolean {
    const fits = this.#held + bytes <= this.most;
    this.#held += fits ? bytes : 0;
    return fits;
  }

  release(bytes: number): void {
    this.#held -= bytes;
  }
}

/** Each message is framed by a flag and its length (gRPC over HTTP/2, "Length-Prefixed-Message"). */
const frameBytes = 5;
/** Most that deflate can expand. */
const bombRatio = 1032;
/** What texts expand to, with a margin. A decoded request is also bounded by its own limits and by admission. */
const textRatio = 16;

export interface CallBytesParts {
  readonly ledger: ByteLedger;
  /** The call says that its messages may be compressed. */
  readonly isCompressed: boolean;
  /** Past this the transport itself breaks a message off, compressed or not. */
  readonly mostMessageBytes: number;
}

/**
 * What one call's messages hold of the ledger: from their first byte until they are answered. Follows the framing
 * without keeping bytes. While a compressed message waits for being unpacked it counts for what it may turn out to be.
 */
export class CallBytes {
  readonly #parts: CallBytesParts;
  /** Complete and unanswered, oldest first. */
  readonly #messages: { bytes: number; charge: number; isDecoded: boolean }[] = [];
  readonly #prefix = new Uint8Array(frameBytes);
  /** Bytes come of the message under way, its prefix included; 0 between messages. */
  #come = 0;
  #length = 0;
  #charge = 0;
  #isClosed = false;

  constructor(parts: CallBytesParts) {
    this.#parts = parts;
  }

  get isInMessage(): boolean {
    return this.#come > 0;
  }

  /** False when there is no room for these bytes. */
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

  /** The oldest message not decoded yet now is. */
  decoded(): void {
    const message = this.#messages.find(({ isDecoded }) => !isDecoded);
    if (message !== undefined) {
      message.isDecoded = true;
      const charge = Math.min(message.charge, message.bytes * textRatio);
      this.#release(message.charge - charge);
      message.charge = charge;
    }
  }

  /** One message has been answered; which one does not matter in the long run. */
  answered(): void {
    this.#release(this.#messages.shift()?.charge ?? 0);
  }

  close(): void {
    const charges = this.#messages.splice(0).map(({ charge }) => charge);
    this.#release(charges.reduce((sum, charge) => sum + charge, this.#charge));
    this.#charge = 0;
    this.#isClosed = true;
  }

  /** Takes from the chunk up to the end of the prefix or the message; 0 when there is no room. */
  #takeSome(chunk: Uint8Array, place: number): number {
    const isPrefix = this.#come < frameBytes;
    const missing = isPrefix ? frameBytes - this.#come : this.#length + frameBytes - this.#come;
    const taken = Math.min(missing, chunk.length - place);
    if (!this.#grow(this.#come + taken)) {
      return 0;
    }
    if (isPrefix) {
      this.#prefix.set(chunk.subarray(place, place + taken), this.#come);
    }
    this.#come += taken;
    if (this.#come === frameBytes) {
      this.#length = new DataView(this.#prefix.buffer).getUint32(1);
    }
    if (this.#come === this.#length + frameBytes && this.#come >= frameBytes) {
      this.#complete();
    }
    return taken;
  }

  #complete(): void {
    this.#messages.push({ bytes: this.#come, charge: this.#charge, isDecoded: false });
    this.#come = 0;
    this.#length = 0;
    this.#charge = 0;
  }

  #grow(bytes: number): boolean {
    const { isCompressed, mostMessageBytes, ledger } = this.#parts;
    const unpacked = isCompressed ? Math.min(bytes * bombRatio, mostMessageBytes) : 0;
    const charge = Math.max(bytes, unpacked);
    const fits = !this.#isClosed && ledger.take(charge - this.#charge);
    this.#charge = fits ? charge : this.#charge;
    return fits;
  }

  #release(bytes: number): void {
    this.#parts.ledger.release(bytes);
  }
}
