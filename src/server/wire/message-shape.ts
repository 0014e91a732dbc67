/** A field of a message, as far as it matters before decoding. */
export interface FieldShape {
  /** As in the proto file. */
  readonly name: string;
  readonly isRepeated: boolean;
  /** How it is written; of types that our messages do not have, the decoder is trusted. */
  readonly wireType: number;
  readonly isText: boolean;
  /** Of a field that is a message itself; undefined when its type was not given. */
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

/** Of the types of fields that our messages have. */
const wireTypeOf: Readonly<Record<string, number>> = {
  ...{ TYPE_BOOL: 0, TYPE_UINT32: 0, TYPE_INT32: 0, TYPE_ENUM: 0 },
  ...{ TYPE_DOUBLE: 1, TYPE_FLOAT: 5 },
  ...{ TYPE_STRING: 2, TYPE_BYTES: 2, TYPE_MESSAGE: 2 },
};

/**
 * The fields of a message by the loader's description of it. `types` are those of its package, by their names within
 * it, for the messages in it.
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
        message: nested && shapeOf(nested, types),
      };
      return wireType === undefined ? [] : [[number, { ...shape, wireType }] as const];
    }),
  );
}
