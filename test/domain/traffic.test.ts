import { expect, test } from '@jest/globals';
import { formatShape, parseTraffic } from '../../src/domain/traffic.ts';

const shape = {
  atMs: 1_000.04,
  prefixTokens: 60,
  candidateTokens: [3, 0],
  suffixTokens: 9,
  deadlineMs: undefined,
  class: 'interactive',
} as const;

test('a shape is one line of JSON, with its time in tenths of a millisecond', () => {
  expect(formatShape(shape)).toBe(
    '{"atMs":1000,"prefixTokens":60,"candidateTokens":[3,0],"suffixTokens":9,"class":"interactive"}\n',
  );
});

test('shapes are read in order of arrival, the first at 0', () => {
  const later = { ...shape, atMs: 1_250.5, deadlineMs: 800, class: 'deferrable' } as const;
  const text = `${formatShape(later)}\n${formatShape(shape)}`;
  expect(parseTraffic(text, 't')).toEqual([
    { ...shape, atMs: 0 },
    { ...later, atMs: 250.5 },
  ]);
});

test('a last line that was interrupted is ignored', () => {
  expect(parseTraffic(`${formatShape(shape)}{"atMs":2`, 't')).toHaveLength(1);
});

test('an error names the line and the field', () => {
  const text = formatShape(shape) + formatShape(shape).replace('60', '-1');
  expect(() => parseTraffic(text, 't')).toThrow(
    "t, line 2: 'prefixTokens' is -1; a whole number from 0 to 1000000 is needed",
  );
});
