import { isUtf8 } from 'node:buffer';
import type { MessageShape } from './message-shape.ts';
import { WireCursor } from './cursor.ts';

/** The repeated field whose entries are counted; entries beyond `most` are not inspected. */
export interface CountedField {
  readonly field: number;
  readonly most: number;
}

export type Inspection =
  | { readonly ok: true; readonly count: number }
  /** The decoder could see other fields than the inspection did. */
  | { readonly ok: false; readonly kind: 'unclear' }
  /** A text is not UTF-8, and the decoder would silently write U+FFFD. `field` is a proto path. */
  | { readonly ok: false; readonly kind: 'text'; readonly field: string };

const unclear = { ok: false, kind: 'unclear' } as const;
const mostFieldNumber = 2 ** 29 - 1;

/**
 * Inspects a message and the messages inside it before anything is decoded: counts entries and
 * checks that texts are UTF-8.
 *
 * The result is `unclear` where the decoder could see other fields than the cursor, and so more
 * entries than were counted. The decoder (protobufjs 7.6.6) identifies a field by its number alone,
 * whatever its wire type; it reads five bytes more for a number that goes beyond its fifth byte;
 * and it cuts tags and lengths to 32 bits. Groups, which our messages never had, are `unclear` too.
 */
export function inspectMessage(
  bytes: Buffer,
  shape: MessageShape,
  counted?: CountedField,
): Inspection {
  const cursor = new WireCursor(bytes);
  let count = 0;
  let end = 0;
  while (cursor.next() && cursor.field <= mostFieldNumber) {
    end = cursor.end;
    const isCounted = cursor.field === counted?.field;
    count += isCounted ? 1 : 0;
    const found =
      isCounted && count > counted.most ? undefined : inspectValue(bytes, cursor, shape);
    if (found?.ok === false) {
      return found;
    }
    if (hasOddType(cursor, shape)) {
      return unclear;
    }
  }
  return end === bytes.length ? { ok: true, count } : unclear;
}

/** The inspection of one field's value; undefined if it is neither a text nor a message. */
function inspectValue(
  bytes: Buffer,
  { field, wireType, start, end }: WireCursor,
  shape: MessageShape,
): Inspection | undefined {
  const known = wireType === 2 ? shape.get(field) : undefined;
  if (known?.isText === true) {
    return start === end || isUtf8(bytes.subarray(start, end))
      ? undefined
      : { ok: false, kind: 'text', field: nameOf(bytes, start, shape) };
  }
  if (known?.message === undefined) {
    return undefined;
  }
  const inside = inspectMessage(bytes.subarray(start, end), known.message);
  return !inside.ok && inside.kind === 'text'
    ? { ...inside, field: `${nameOf(bytes, start, shape)}.${inside.field}` }
    : inside;
}

function hasOddType({ field, wireType, start, end }: WireCursor, shape: MessageShape): boolean {
  const known = shape.get(field);
  const isOddNumber =
    known?.isLong === false && wireType === 0 && end - start > 5 && end - start < 10;
  return known !== undefined && (known.wireType !== wireType || isOddNumber);
}

/** The field's name, with its index if it is repeated: "query", "candidates[3]". */
function nameOf(bytes: Buffer, start: number, shape: MessageShape): string {
  const cursor = new WireCursor(bytes);
  const before = new Map<number, number>();
  while (cursor.next() && cursor.start !== start) {
    before.set(cursor.field, (before.get(cursor.field) ?? 0) + 1);
  }
  const known = shape.get(cursor.field);
  const name = known?.name ?? '';
  return known?.isRepeated === true ? `${name}[${before.get(cursor.field) ?? 0}]` : name;
}
