import { FairRoom, type RoomVerdict } from '../../base/fair-room.ts';

/** Bytes held for all open calls together, shared by those for whom they are held. */
export class ByteLedger {
  readonly most: number;
  readonly #room: FairRoom;

  /** `always` are let in for any holder while there is room; by default everything is. */
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

  /** Nothing is held of what does not fit. */
  take(bytes: number, holder: string): RoomVerdict {
    const verdict = this.#room.judge(holder, bytes);
    if (verdict === 'fits') {
      this.#room.take(holder, bytes);
    }
    return verdict;
  }

  /** For what is there already, below zero when it goes. */
  change(bytes: number, holder: string): void {
    this.#room.take(holder, bytes);
  }
}

/** Each message is framed by a flag and its length (gRPC over HTTP/2, "Length-Prefixed-Message"). */
const frameBytes = 5;
/** Most that deflate can expand. */
const bombRatio = 1032;
/** What texts expand to, with a margin: where nobody says what a message was when unpacked. */
const textRatio = 16;

export interface CallBytesParts {
  readonly ledger: ByteLedger;
  /** For whom the bytes are held. */
  readonly holder?: string;
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
  #unsent = 0;
  #isClosed = false;
  #refusal: RoomVerdict = 'fits';

  constructor(parts: CallBytesParts) {
    this.#parts = parts;
  }

  get isInMessage(): boolean {
    return this.#come > 0;
  }

  /** Why bytes had no room. */
  get refusal(): RoomVerdict {
    return this.#refusal;
  }

  /** What all calls of the same holder hold. */
  get held(): number {
    return this.#parts.ledger.heldBy(this.#parts.holder ?? '');
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

  /** The oldest message not decoded yet now is; `unpackedBytes` is its size as it was decoded. */
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

  /** One message has been answered; which one does not matter in the long run. */
  answered(): void {
    this.#change(-(this.#messages.shift()?.charge ?? 0));
  }

  /** Bytes of answers that wait for the client to take them: held whether they fit or not. */
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
    const { isCompressed, mostMessageBytes, ledger, holder = '' } = this.#parts;
    if (this.#isClosed) {
      return false;
    }
    const unpacked = isCompressed ? Math.min(bytes * bombRatio, mostMessageBytes) : 0;
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
