import type { ServiceDefinition } from '@grpc/grpc-js';
import type { Config } from '../../../config/config.ts';
import type { ProtoRoot } from '../../../proto/proto-root.ts';
import { WireCursor } from '../../wire/cursor.ts';
import { guardDecoder, type Received } from '../../wire/guard-decoder.ts';
import { shapeOf } from '../../wire/message-shape.ts';

/** Fields that hold messages, by number, with the fields of those. */
interface Nested {
  readonly [field: number]: Nested;
}

/** Of ModelInferRequest: parameters, and inputs with their contents. */
const nested: Nested = { 4: { 2: {} }, 5: { 5: {} } };
/** More than the shape of a list of texts can have. */
const mostShapeBytes = 32;
const shapeField = 3;

/**
 * The service's definition with our checks in front of its decoders: the library would make an
 * object for each of the millions of fields that a hostile message can have.
 */
export function guardInference(
  { inference }: Pick<ProtoRoot, 'inference'>,
  { requestBytes, candidates }: Pick<Config, 'requestBytes' | 'candidates'>,
): ServiceDefinition {
  const mostFields = 4 * candidates + 1000;
  const guarded = Object.entries(inference as unknown as Readonly<Record<string, Method>>).map(
    ([name, method]) => {
      const rules = { requestBytes, shape: shapeOf(method.requestType) };
      const decode = guardDecoder<unknown>(method.requestDeserialize, rules);
      const requestDeserialize = (bytes: Buffer): Received<unknown> => {
        const problem = bytes.length > requestBytes ? undefined : findExcess(bytes, mostFields);
        return problem === undefined
          ? decode(bytes)
          : { ok: false, violation: { field: '', description: problem }, requestId: '' };
      };
      return [name, { ...method, requestDeserialize }];
    },
  );
  return Object.fromEntries(guarded) as ServiceDefinition;
}

type Method = ServiceDefinition[string] & {
  /** The loader's description of the request. */
  readonly requestType: { readonly type: object };
};

function findExcess(bytes: Buffer, mostFields: number): string | undefined {
  const left = countDown(bytes, nested, mostFields);
  return left < 0 ? `has more than ${mostFields} fields, or a shape that is too long` : undefined;
}

/** How many fields may still come after those of the message; negative when there are too many. */
function countDown(bytes: Buffer, inside: Nested, most: number): number {
  const cursor = new WireCursor(bytes);
  let left = most;
  while (left >= 0 && cursor.next()) {
    left -= 1;
    const { field, wireType, start, end } = cursor;
    const { [field]: deeper } = inside;
    if (wireType === 2 && deeper !== undefined) {
      left = countDown(bytes.subarray(start, end), deeper, left);
    } else if (inside === nested[5] && field === shapeField && end - start > mostShapeBytes) {
      return -1;
    }
  }
  return left;
}
