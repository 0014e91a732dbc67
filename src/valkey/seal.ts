import { createHmac, timingSafeEqual } from 'node:crypto';

/** Of the MAC in front of each sealed value: 128 bits, as RFC 2104, section 5, allows. */
export const sealBytes = 16;

/**
 * Binds values to their keys by a secret of the fleet (HMAC-SHA256, RFC 2104, cut to 16 bytes): who
 * does not know it can neither make a value nor move one to another key. Each purpose has a key of
 * its own, so that a value of one is none of another.
 */
export class Seal {
  readonly fleet: string;
  readonly #key: Buffer;

  constructor(secret: string, purpose: string) {
    this.fleet = fleetName(secret);
    this.#key = createHmac('sha256', secret).update(purpose).digest();
  }

  /** The value with its MAC in front. */
  seal(key: string, value: Uint8Array): Buffer {
    return Buffer.concat([this.#mac(key, value), value]);
  }

  /** The value, if it was sealed for this key. */
  open(key: string, sealed: Buffer): Buffer | undefined {
    const value = sealed.subarray(sealBytes);
    return sealed.length >= sealBytes &&
      timingSafeEqual(sealed.subarray(0, sealBytes), this.#mac(key, value))
      ? value
      : undefined;
  }

  /** The length of the key makes the message unambiguous. */
  #mac(key: string, value: Uint8Array): Buffer {
    const named = `${Buffer.byteLength(key)}:${key}`;
    const mac = createHmac('sha256', this.#key).update(named).update(value).digest();
    return mac.subarray(0, sealBytes);
  }
}

/** The same on all servers with this secret, of which it tells nothing: a part of names. */
export function fleetName(secret: string): string {
  return createHmac('sha256', secret).update('fleet').digest('base64url').slice(0, 8);
}
