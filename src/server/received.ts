import type { FieldViolation } from '../errors.ts';
import { requestIdBytes } from './request-id.ts';
import { WireCursor } from './wire-cursor.ts';
import { invalidRequest } from './wire-request.ts';

/** A message as it came: decoded, or refused before decoding. */
export type Received<T> =
  | { readonly ok: true; readonly message: T }
  | {
      readonly ok: false;
      readonly violation: FieldViolation;
      /** The request's own name, read from the undecoded bytes, so that a stream can answer by it. */
      readonly requestId: string;
    };

/** Sizes of messages as they were decoded: apart from them, for they are the handlers'. */
const decodedBytes = new WeakMap<object, number>();

/** How many bytes a message had once unpacked; undefined for one that no guarded decoder made. */
export function receivedBytes(received: unknown): number | undefined {
  return typeof received === 'object' && received !== null ? decodedBytes.get(received) : undefined;
}

/** @throws RankError `invalid-argument` for what was refused before decoding. */
export function unwrap<T>(received: Received<T>): T {
  if (!received.ok) {
    throw invalidRequest([received.violation]);
  }
  return received.message;
}

export interface ReceiveRules {
  readonly requestBytes: number;
  /**
   * The repeated field that a hostile message could have millions of: two bytes each, and an object each once decoded.
   * Undefined for messages without one.
   */
  readonly repeated?: { readonly field: number; readonly name: string; readonly most: number };
  /** Number of the field request_id, if the message has one. */
  readonly requestIdField?: number;
  /** How the message's own fields are written, by number. */
  readonly wireTypes: ReadonlyMap<number, number>;
}

/** Of the types of fields that our messages have; of any other the decoder is trusted. */
const wireTypeOf: Readonly<Record<string, number>> = {
  ...{ TYPE_BOOL: 0, TYPE_UINT32: 0, TYPE_INT32: 0, TYPE_ENUM: 0 },
  ...{ TYPE_DOUBLE: 1, TYPE_FLOAT: 5 },
  ...{ TYPE_STRING: 2, TYPE_BYTES: 2, TYPE_MESSAGE: 2 },
};

/** The fields of a message by the loader's description of it. */
export function wireTypesOf({ type }: { readonly type: object }): ReadonlyMap<number, number> {
  const { field } = type as { readonly field: readonly { number: number; type: string }[] };
  return new Map(
    field.flatMap((one) => {
      const wireType = wireTypeOf[one.type];
      return wireType === undefined ? [] : [[one.number, wireType] as const];
    }),
  );
}

/**
 * Wraps a decoder so that size and count are checked before objects are made, and so that a bad message becomes an
 * answer of ours with details, in place of the library's bare status.
 */
export function guardDecoder<T>(
  decode: (bytes: Buffer) => T,
  rules: ReceiveRules,
): (bytes: Buffer) => Received<T> {
  const guarded = (bytes: Buffer): Received<T> => {
    const refuse = (field: string, description: string): Received<T> => ({
      ok: false,
      violation: { field, description },
      requestId: findRequestId(bytes, rules),
    });
    if (bytes.length > rules.requestBytes) {
      return refuse('', `the request has ${bytes.length} bytes; at most ${rules.requestBytes}`);
    }
    const count = countField(bytes, rules);
    if (count === undefined) {
      return refuse('', 'not a valid protobuf message: its fields cannot be told apart');
    }
    if (rules.repeated !== undefined && count > rules.repeated.most) {
      const { name, most } = rules.repeated;
      return refuse(name, `has ${count} entries; allowed 1 to ${most}`);
    }
    try {
      return { ok: true, message: decode(bytes) };
    } catch (error) {
      return refuse('', `not a valid protobuf message: ${String(error)}`);
    }
  };
  return (bytes) => {
    const received = guarded(bytes);
    decodedBytes.set(received, bytes.length);
    return received;
  };
}

/**
 * How often the repeated field is there; undefined where the decoder could see other fields than the cursor does, and
 * so more of them than were counted. The decoder goes by a field's number alone, whatever wire type is written with it;
 * it takes five bytes more for a number that goes beyond its fifth byte; and it cuts tags and lengths to 32 bits
 * (protobufjs 7.6.6). Also undefined for groups, which our messages never had.
 */
function countField(bytes: Buffer, { wireTypes, repeated }: ReceiveRules): number | undefined {
  const cursor = new WireCursor(bytes);
  let count = 0;
  let end = 0;
  while (cursor.next() && cursor.field <= mostFieldNumber) {
    end = cursor.end;
    count += cursor.field === repeated?.field ? 1 : 0;
    const expected = wireTypes.get(cursor.field);
    if (expected !== undefined && (expected !== cursor.wireType || hasOddLength(cursor))) {
      return undefined;
    }
  }
  return end === bytes.length ? count : undefined;
}

const mostFieldNumber = 2 ** 29 - 1;

function hasOddLength({ wireType, start, end }: WireCursor): boolean {
  return wireType === 0 && end - start > 5 && end - start < 10;
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
