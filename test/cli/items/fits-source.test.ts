import { expect, test } from '@jest/globals';
import { fitsSource } from '../../../src/cli/items/fits-source.ts';
import { summaryOf } from '../../support/items/stores.ts';

const source = '🙂 Night shifts; reads charts, é and more.';
const kept = [
  { start: 2, end: 14 },
  { start: 16, end: 28 },
];

test('a summary fits the text whose words it has, whatever stands between them', () => {
  const summary = { ...summaryOf('night shifts, reads charts'), kept };
  expect(fitsSource(summary, source)).toBe(true);
  expect(fitsSource({ ...summaryOf(''), kept: [] }, source)).toBe(true);
});

test('it does not fit other texts', () => {
  const summary = { ...summaryOf('night shifts, reads charts'), kept };
  expect(fitsSource(summary, source.replace('charts', 'graphs'))).toBe(false);
  expect(fitsSource(summary, `x${source}`)).toBe(false);
  expect(fitsSource(summary, 'night')).toBe(false);
  expect(fitsSource({ ...summary, kept: [{ start: 0, end: 99 }] }, source)).toBe(false);
});
