import { expect, test } from '@jest/globals';
import { placeLabels, spreadHeights } from '../../src/page/place-labels.ts';

const area = { left: 64, right: 592, top: 30, bottom: 316, levels: [] };
const point = (name: string, x: number, y: number) => ({ name, x, y, low: y + 20, high: y - 20 });
const place = (points: readonly ReturnType<typeof point>[], levels: readonly number[] = []) =>
  placeLabels(points, { ...area, levels });

/** The box of a name, at least as wide as its letters. */
function boxOf({ point: { name }, label }: ReturnType<typeof place>[number]) {
  const width = 6 * name.length;
  const left = label.anchor === 'start' ? label.x : label.x - width;
  return { left, right: left + width, top: label.y - 9, bottom: label.y + 2 };
}

test('a name is right of its point, or left of it at the right edge', () => {
  const [first, second] = place([point('a', 100, 50), point('long enough', 580, 100)]);
  expect(first?.label).toMatchObject({ x: 108, y: 54, anchor: 'start', isApart: false });
  expect(second?.label).toMatchObject({ x: 572, y: 104, anchor: 'end', isApart: false });
});

test('ten names of points close together do not cover one another', () => {
  const points = Array.from({ length: 10 }, (_, i) =>
    point(`slmrank-55m int8 ${i}`, 300 + 9 * (i % 4), 100 + 5 * i),
  );
  const boxes = place(points).map(boxOf);
  const covered = boxes.flatMap((a, i) =>
    boxes
      .slice(i + 1)
      .filter((b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom),
  );
  expect(covered).toEqual([]);
  expect(boxes.filter(({ left, right }) => left < area.left || right > area.right)).toEqual([]);
});

test('a name avoids a level, and a line joins it to its point when it is far', () => {
  const [beside] = place([point('a', 100, 100)], [102]);
  expect(beside?.label).not.toMatchObject({ y: 104, anchor: 'start' });
  const crowd = Array.from({ length: 7 }, () => point('a', 300, 100));
  const apart = place(crowd).map(({ label }) => label.isApart);
  expect([apart[0], apart.includes(true)]).toEqual([false, true]);
});

test.each([
  ['leaves heights that have room', [10, 40, 80], [10, 40, 80]],
  ['parts equal heights around their middle', [50, 50], [44, 56]],
  ['keeps the order and moves neighbours as little as it can', [20, 50, 52], [20, 45, 57]],
  ['stays within the ends', [0, 1, 99, 100], [0, 12, 88, 100]],
])('spreading %s', (_, wanted, heights) => {
  const items = wanted.map((y) => ({ y }));
  expect(spreadHeights(items, 12, [0, 100]).map(({ height }) => height)).toEqual(heights);
});
