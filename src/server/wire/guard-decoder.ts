import { isUtf8 } from 'node:buffer';
import type { FieldViolation } from '../../base/errors.ts';
import { type Inspection, inspectMessage } from './inspect-message.ts';
import type { MessageShape } from './message-shape.ts';
import { invalidRequest, maxRequestIdBytes } from '../../desk/violations.ts';
import { WireCursor } from './cursor.ts';

/** A message: decoded, or refused before decoding. */
export type Received<T> =
  | { readonly ok: true; readonly message: T }
  | {
      readonly ok: false;
      readonly violation: FieldViolation;
      /** Read from the undecoded bytes, so that a stream can answer the request. */
      readonly requestId: string;
    };

/** The unpacked size of each message. The messages themselves have no place for it. */
const decodedBytes = new WeakMap<object, number>();

/** A message's unpacked size in bytes; undefined for one that did not pass a guarded decoder. */
export function receivedBytes(received: unknown): number | undefined {
  return typeof received === 'object' && received !== null ? decodedBytes.get(received) : undefined;
}

/** @throws RankError `invalid-argument` for a message that was refused before decoding. */
export function unwrap<T>(received: Received<T>): T {
  if (!received.ok) {
    throw invalidRequest([received.violation]);
  }
  return received.message;
}

export interface ReceiveRules {
  readonly requestBytes: number;
  /**
   * The repeated field, if the message has one. A hostile message could have millions of entries of
   * two bytes, each of which would become an object.
   */
  readonly repeated?: { readonly field: number; readonly name: string; readonly most: number };
  /** The number of the field request_id, if the message has one. */
  readonly requestIdField?: number;
  readonly shape: MessageShape;
}

/**
 * Wraps a decoder so that size, count and texts are checked before any object is made, and so that
 * a bad message is answered with our details in place of the library's bare status.
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
    const problem = findProblem(inspectMessage(bytes, rules.shape, rules.repeated), rules);
    if (problem !== undefined) {
      return refuse(problem.field, problem.description);
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

function findProblem(found: Inspection, { repeated }: ReceiveRules): FieldViolation | undefined {
  if (found.ok) {
    return repeated === undefined || found.count <= repeated.most
      ? undefined
      : {
          field: repeated.name,
          description: `has ${found.count} entries; allowed 1 to ${repeated.most}`,
        };
  }
  return found.kind === 'text'
    ? { field: found.field, description: 'is not valid UTF-8' }
    : {
        field: '',
        description: 'not a valid protobuf message: its fields cannot be told apart',
      };
}

/** Empty if there is no request id, or if it is not UTF-8. */
function findRequestId(bytes: Buffer, { requestIdField }: ReceiveRules): string {
  const cursor = new WireCursor(bytes);
  let requestId = '';
  while (cursor.next()) {
    if (cursor.field === requestIdField && cursor.end - cursor.start <= maxRequestIdBytes) {
      const name = bytes.subarray(cursor.start, cursor.end);
      requestId = isUtf8(name) ? name.toString() : '';
    }
  }
  return requestId;
}
