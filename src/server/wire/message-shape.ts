/** What must be known about a message's field before it is decoded. */
export interface FieldShape {
  /** As in the proto file. */
  readonly name: string;
  readonly isRepeated: boolean;
  /** Its wire type in the protobuf encoding. */
  readonly wireType: number;
  readonly isText: boolean;
  /** A number of 64 bits, of which the decoder reads ten bytes; of others it reads five. */
  readonly isLong: boolean;
  /** The shape of a field that is a message; undefined when its type was not given. */
  readonly message: MessageShape | undefined;
}

/** The fields of a message by number. */
export type MessageShape = ReadonlyMap<number, FieldShape>;

/** A message type as the loader describes it. */
interface Described {
  readonly type: object;
}

interface DescribedField {
  /** In camel case. */
  readonly name: string;
  readonly number: number;
  readonly label: string;
  readonly type: string;
  /** Within the package. */
  readonly typeName: string;
}

/** Only the field types of our messages. Fields of other types are left to the decoder. */
const wireTypeOf: Readonly<Record<string, number>> = {
  TYPE_BOOL: 0,
  TYPE_UINT32: 0,
  TYPE_UINT64: 0,
  TYPE_INT32: 0,
  TYPE_ENUM: 0,
  TYPE_DOUBLE: 1,
  TYPE_STRING: 2,
  TYPE_BYTES: 2,
  TYPE_MESSAGE: 2,
  TYPE_FLOAT: 5,
};

/**
 * The shape of a message from the loader's description of it. `types` are the message types of its
 * package by name, for fields that are messages.
 */
export function shapeOf(
  { type }: Described,
  types: Readonly<Record<string, Described>> = {},
): MessageShape {
  const { field } = type as { readonly field: readonly DescribedField[] };
  return new Map(
    field.flatMap(({ name, number, label, type: kind, typeName }) => {
      const wireType = wireTypeOf[kind];
      const nested = kind === 'TYPE_MESSAGE' ? types[typeName] : undefined;
      const shape = {
        name: name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`),
        isRepeated: label === 'LABEL_REPEATED',
        isText: kind === 'TYPE_STRING',
        isLong: kind === 'TYPE_UINT64',
        message: nested && shapeOf(nested, types),
      };
      return wireType === undefined ? [] : [[number, { ...shape, wireType }] as const];
    }),
  );
}
