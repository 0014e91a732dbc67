import { expect, test } from '@jest/globals';
import { type Offer, paretoFront } from '../../../src/eval/report/report.ts';

const offer = (name: string, cost: number, quality: number): Offer => ({ name, cost, quality });
const names = (offers: readonly Offer[]) => paretoFront(offers).map(({ name }) => name);

test('the front is what nothing beats, by cost', () => {
  const offers = [
    offer('dear and best', 135, 0.8),
    offer('cheap', 23, 0.6),
    offer('middle', 77, 0.79),
    // As dear as the middle one and worse; dearer than it and only as good.
    offer('worse at that cost', 77, 0.7),
    offer('dearer at that quality', 90, 0.79),
  ];
  expect(names(offers)).toEqual(['cheap', 'middle', 'dear and best']);
});

test('equal offers stay both', () => {
  expect(names([offer('a', 1, 0.5), offer('b', 1, 0.5)])).toEqual(['a', 'b']);
  expect(names([])).toEqual([]);
});

test('of speeds the negative is the cost', () => {
  const offers = [offer('slow', -10, 0.8), offer('fast', -40, 0.7), offer('beaten', -9, 0.8)];
  expect(names(offers)).toEqual(['fast', 'slow']);
});
