import { expect, test } from '@jest/globals';
import { parseJsonBody } from '../../../../src/server/http/api/guard-json.ts';

const parse = (text: string | Buffer, values = 10, depth = 3) =>
  parseJsonBody(Buffer.from(text), { values, depth });

test('reads JSON with marks of structure inside texts', () => {
  const body = { a: ['x,[{"\\', '\\"', 'ü,,,,,,,,,,,,,'], b: { c: null } };
  expect(parse(JSON.stringify(body))).toEqual(body);
});

test.each([
  ['too many elements', `[${'1,'.repeat(10)}1]`, 'body has more than 10 values'],
  ['too many lists', '[]'.repeat(11), 'body has more than 10 values'],
  ['too many members', `{${'"a":1,'.repeat(10)}"a":1}`, 'body has more than 10 values'],
  ['too deep', '[[[[1]]]]', 'body has more than 3 objects and lists inside each other'],
  ['not JSON', '{"a":', /^body is not JSON: /],
  ['an open text', '{"a', /^body is not JSON: /],
  ['nothing', '', /^body is not JSON: /],
  ['not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'body is not UTF-8'],
])('refuses %s', (_case, text, message) => {
  expect(() => parse(text)).toThrow(message);
});

test('has no control characters in its message', () => {
  expect(() => parse('\u001b[31m\u0000')).toThrow(/^[ -~]+$/);
});

test('a member named __proto__ changes no prototype', () => {
  const body = parse('{"__proto__":{"isAdmin":true}}') as { readonly isAdmin?: boolean };
  expect(body.isAdmin).toBeUndefined();
});
