import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DueQueue } from '../../../src/schedule/queue/queue.ts';

test('items are in order of deadline, equal ones in order of arrival', () => {
  const deadlines = fc.array(fc.constantFrom(1, 2, 3, Number.POSITIVE_INFINITY));
  fc.assert(
    fc.property(deadlines, (given) => {
      const queue = new DueQueue<{ fairDueAtMs: number; arrival: number }>();
      const items = given.map((fairDueAtMs, arrival) => ({ fairDueAtMs, arrival }));
      items.forEach((item) => queue.add(item));
      const expected = items.toSorted(
        (a, b) => Math.sign(a.fairDueAtMs - b.fairDueAtMs) || a.arrival - b.arrival,
      );
      expect(queue.items).toEqual(expected);
    }),
  );
});

test('exactly the item given is removed, and removing it again does nothing', () => {
  const queue = new DueQueue<{ fairDueAtMs: number; name: string }>();
  const [a, b, c] = ['a', 'b', 'c'].map((name) => ({ fairDueAtMs: 7, name }));
  for (const item of [a, b, c]) {
    queue.add(item ?? { fairDueAtMs: 0, name: 'none' });
  }
  queue.remove(b ?? { fairDueAtMs: 0, name: 'none' });
  queue.remove(b ?? { fairDueAtMs: 0, name: 'none' });
  expect(queue.items).toEqual([a, c]);
});
