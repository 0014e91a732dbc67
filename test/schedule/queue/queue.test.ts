import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TurnQueue } from '../../../src/schedule/queue/queue.ts';

test('items stand in order of deadline, equal ones in order of arrival', () => {
  const deadlines = fc.array(fc.constantFrom(1, 2, 3, Number.POSITIVE_INFINITY));
  fc.assert(
    fc.property(deadlines, (given) => {
      const queue = new TurnQueue<{ orderMs: number; arrival: number }>();
      const items = given.map((orderMs, arrival) => ({ orderMs, arrival }));
      items.forEach((item) => queue.add(item));
      const expected = items.toSorted(
        (a, b) => Math.sign(a.orderMs - b.orderMs) || a.arrival - b.arrival,
      );
      expect(queue.items).toEqual(expected);
    }),
  );
});

test('exactly the item given is removed, and removing it again does nothing', () => {
  const queue = new TurnQueue<{ orderMs: number; name: string }>();
  const [a, b, c] = ['a', 'b', 'c'].map((name) => ({ orderMs: 7, name }));
  for (const item of [a, b, c]) {
    queue.add(item ?? { orderMs: 0, name: 'none' });
  }
  queue.remove(b ?? { orderMs: 0, name: 'none' });
  queue.remove(b ?? { orderMs: 0, name: 'none' });
  expect(queue.items).toEqual([a, c]);
});
