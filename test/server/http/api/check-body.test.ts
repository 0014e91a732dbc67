import { expect, test } from '@jest/globals';
import { Type } from '@sinclair/typebox';
import { bodyChecker } from '../../../../src/server/http/api/check-body.ts';

const check = bodyChecker(
  Type.Object({
    texts: Type.Array(Type.Union([Type.String(), Type.Object({ text: Type.String() })])),
    mode: Type.Optional(Type.Union([Type.Literal('on'), Type.Literal('off')])),
    share: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  }),
);

test('takes a body that fits, and fields that it does not know', () => {
  expect(() => check({ texts: ['a', { text: 'b' }], mode: 'on', more: [] })).not.toThrow();
});

test.each([
  ['no object', [], 'body is a list; needed: an object'],
  ['nothing', undefined, 'body is missing; needed: an object'],
  ['a missing field', {}, 'texts is missing'],
  ['a wrong field', { texts: 'a' }, 'texts is "a"; needed: a list'],
  ['a wrong element', { texts: ['a', 5] }, 'texts[1] is 5; needed: text or an object'],
  ['an unknown choice', { texts: [], mode: 'x' }, 'mode is "x"; needed: "on" or "off"'],
  [
    'a number out of bounds',
    { texts: [], share: 2 },
    'share is 2; needed: a number of at least 0 and at most 1',
  ],
])('refuses %s', (_case, body, message) => {
  expect(() => check(body)).toThrow(message);
});

test('quotes only the start of a long value', () => {
  expect(() => check({ texts: 'x'.repeat(1000) })).toThrow(
    /^texts is "x{79}\.\.\.; needed: a list$/,
  );
});
