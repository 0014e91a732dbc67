import type { FieldViolation } from '../errors.ts';
import { requestIdBytes } from './request-id.ts';
import { WireCursor } from './wire-cursor.ts';

/** A message as it came: decoded, or refused before decoding. */
export type Received<T> =
  | { readonly ok: true; readonly message: T }
  | {
      readonly ok: false;
      readonly violation: FieldViolation;
      /** The request's own name, read from the undecoded bytes, so that a stream can answer by it. */
      readonly requestId: string;
    };

export interface ReceiveRules {
  readonly requestBytes: number;
  /** The repeated field that a hostile message could have millions of: two bytes each, and an object each once decoded. */
  readonly repeated: { readonly field: number; readonly name: string; readonly most: number };
  /** Number of the field request_id, if the message has one. */
  readonly requestIdField?: number;
}

/**
 * Wraps a decoder so that size and count are checked before objects are made, and so that a bad message becomes an
 * answer of ours with details, in place of the library's bare status.
 */
export function guardDecoder<T>(
  decode: (bytes: Buffer) => T,
  rules: ReceiveRules,
): (bytes: Buffer) => Received<T> {
  return (bytes) => {
    const refuse = (field: string, description: string): Received<T> => ({
      ok: false,
      violation: { field, description },
      requestId: findRequestId(bytes, rules),
    });
    if (bytes.length > rules.requestBytes) {
      return refuse('', `the request has ${bytes.length} bytes; at most ${rules.requestBytes}`);
    }
    const { field, name, most } = rules.repeated;
    const count = countField(bytes, field);
    if (count > most) {
      return refuse(name, `has ${count} entries; allowed 1 to ${most}`);
    }
    try {
      return { ok: true, message: decode(bytes) };
    } catch (error) {
      return refuse('', `not a valid protobuf message: ${String(error)}`);
    }
  };
}

function countField(bytes: Buffer, field: number): number {
  const cursor = new WireCursor(bytes);
  let count = 0;
  while (cursor.next()) {
    count += cursor.field === field ? 1 : 0;
  }
  return count;
}

function findRequestId(bytes: Buffer, { requestIdField }: ReceiveRules): string {
  const cursor = new WireCursor(bytes);
  let requestId = '';
  while (cursor.next()) {
    if (cursor.field === requestIdField && cursor.end - cursor.start <= requestIdBytes) {
      requestId = bytes.toString('utf8', cursor.start, cursor.end);
    }
  }
  return requestId;
}
