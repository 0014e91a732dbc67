import { describe, expect, test } from '@jest/globals';
import { strictDefinition, strictSchema } from '../../../bench/chart/strict-schema.ts';

describe('strictSchema', () => {
  test('closes objects that list their fields, at every depth, and leaves maps open', () => {
    expect(
      strictSchema({
        type: 'object',
        description: 'left out',
        properties: {
          labels: { type: 'object', additionalProperties: { type: 'string' } },
          ports: {
            type: 'array',
            items: { type: 'object', properties: { port: { type: 'integer' } } },
          },
          free: { type: 'object', properties: {}, 'x-kubernetes-preserve-unknown-fields': true },
        },
      }),
    ).toEqual({
      type: 'object',
      properties: {
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        ports: {
          type: 'array',
          items: {
            type: 'object',
            properties: { port: { type: 'integer' } },
            additionalProperties: false,
          },
        },
        free: { type: 'object', properties: {} },
      },
      additionalProperties: false,
    });
  });

  test('leaves parts open that only test some of the fields', () => {
    const one = { properties: { name: { enum: ['a'] } } };
    expect(
      strictSchema({ properties: { name: { type: 'string' } }, anyOf: [one], not: one }),
    ).toEqual({
      properties: { name: { type: 'string' } },
      anyOf: [one],
      not: one,
      additionalProperties: false,
    });
  });

  test('takes numbers and texts where Kubernetes does', () => {
    const either = { type: ['integer', 'string'] };
    expect(strictSchema({ type: 'string', format: 'int-or-string' })).toEqual(either);
    expect(strictSchema({ 'x-kubernetes-int-or-string': true, anyOf: [{}] })).toEqual(either);
  });
});

describe('strictDefinition', () => {
  const quantity = 'io.k8s.apimachinery.pkg.api.resource.Quantity';
  const ref = (name: string) => ({ $ref: `#/definitions/${name}` });

  test('has all that it refers to, also in a circle, and nothing else', () => {
    const { $ref, definitions } = strictDefinition(
      {
        a: { properties: { b: ref('b'), size: ref(quantity) } },
        b: { properties: { a: ref('a') } },
        c: { type: 'string' },
        [quantity]: { type: 'string' },
      },
      'a',
    );
    expect($ref).toBe('#/definitions/a');
    expect(definitions).toEqual({
      a: { properties: { b: ref('b'), size: ref(quantity) }, additionalProperties: false },
      b: { properties: { a: ref('a') }, additionalProperties: false },
      [quantity]: { type: ['string', 'number'] },
    });
  });

  test('names a definition that is missing', () => {
    expect(() => strictDefinition({ a: { properties: { b: ref('b') } } }, 'a')).toThrow(
      'b: the document has no such definition',
    );
  });
});
