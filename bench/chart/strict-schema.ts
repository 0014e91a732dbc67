/** A JSON or OpenAPI schema, or a part of one. */
export type Schema = Readonly<Record<string, unknown>>;

/** Keywords whose value is a schema, a list of schemas, or schemas by name. */
const single = ['items', 'additionalProperties', 'not'];
const lists = ['allOf', 'anyOf', 'oneOf'];
const kept = [
  'type',
  'enum',
  'required',
  'pattern',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
];
const counted = ['minItems', 'maxItems', 'uniqueItems', 'minProperties', 'maxProperties', '$ref'];

/** Written as a number or as a text in manifests, but a string in Kubernetes' description. */
const quantity = 'io.k8s.apimachinery.pkg.api.resource.Quantity';

/**
 * A schema of Kubernetes' OpenAPI document or of a custom resource definition, as a JSON schema of
 * draft 7 that also refuses unknown fields. Rules in CEL (x-kubernetes-validations) are left out.
 */
export function strictSchema(schema: Schema): Schema {
  return convert(schema, true);
}

/**
 * The schema of one definition of an OpenAPI document, with all definitions that it refers to.
 *
 * @throws Error when the document lacks one.
 */
export function strictDefinition(
  definitions: Readonly<Record<string, Schema>>,
  name: string,
): Schema {
  const reached: Record<string, Schema> = {};
  const waiting = [name];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (reached[next] !== undefined) {
      continue;
    }
    const { [next]: found } = definitions;
    if (found === undefined) {
      throw new Error(`${next}: the document has no such definition`);
    }
    const schema = next === quantity ? { type: ['string', 'number'] } : strictSchema(found);
    reached[next] = schema;
    const refs = JSON.stringify(schema).matchAll(/"#\/definitions\/([^"]+)"/g);
    waiting.push(...[...refs].map(([, ref = '']) => ref));
  }
  return { $ref: `#/definitions/${name}`, definitions: reached };
}

function convert(schema: Schema, isStrict: boolean): Schema {
  if (schema['x-kubernetes-int-or-string'] === true || schema['format'] === 'int-or-string') {
    return { type: ['integer', 'string'] };
  }
  const converted = Object.entries(schema).flatMap(([key, value]): [string, unknown][] => {
    if (key === 'properties') {
      return [[key, mapValues(value as Record<string, Schema>, (each) => convert(each, isStrict))]];
    }
    if (lists.includes(key)) {
      // Such a schema tests some fields only; the others are allowed by the schema around it.
      return [[key, (value as readonly Schema[]).map((each) => convert(each, false))]];
    }
    if (single.includes(key)) {
      const isInner = key === 'not' ? false : isStrict;
      return [[key, typeof value === 'object' ? convert(value as Schema, isInner) : value]];
    }
    return [...kept, ...counted].includes(key) ? [[key, value]] : [];
  });
  const isClosed =
    isStrict &&
    schema['properties'] !== undefined &&
    schema['additionalProperties'] === undefined &&
    schema['x-kubernetes-preserve-unknown-fields'] !== true;
  return Object.fromEntries(isClosed ? [...converted, ['additionalProperties', false]] : converted);
}

function mapValues(record: Readonly<Record<string, Schema>>, map: (schema: Schema) => Schema) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
