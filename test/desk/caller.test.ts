import { expect, test } from '@jest/globals';
import { parseCaller, toClientName } from '../../src/desk/caller.ts';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

test('a caller without a name or a trace context', () => {
  expect(parseCaller()).toEqual({ client: '', traceparent: undefined });
});

test('a well-formed trace context is kept, and any other is dropped', () => {
  expect(parseCaller('c', traceparent).traceparent).toBe(traceparent);
  expect(parseCaller('c', traceparent.toUpperCase()).traceparent).toBeUndefined();
});

test.each([
  ['My client', 'My client'],
  ['tab\tand é', 'tab_and _'],
  ['x'.repeat(300), 'x'.repeat(256)],
])('the client %j is named %j', (given, name) => {
  expect(toClientName(given)).toBe(name);
  expect(parseCaller(given).client).toBe(name);
});
