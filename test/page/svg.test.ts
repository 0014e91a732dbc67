import { expect, test } from '@jest/globals';
import { drawBars } from '../../src/page/bars.ts';
import { drawChart, type Mark } from '../../src/page/svg.ts';

test('bars have the lengths of their values, and whiskers those of their intervals', () => {
  const bar = { name: '<a>', value: 0.4, low: 0.3, high: 0.8, colour: 'red' };
  const svg = drawBars('t', [{ name: 'g', bars: [bar] }]);
  // The axis ends at 0.8, 450 units from 210: 0.4 is half of it.
  expect(svg).toContain('<rect x="210" y="29" width="225.0"');
  expect(svg).toContain('M378.8 35H660.0');
  expect(svg).toContain('&lt;a&gt;');
});

const mark = (name: string, x: number, y: number): Mark => ({
  name,
  at: [x, y],
  low: y - 0.1,
  high: y + 0.1,
  colour: 'red',
});
const draw = (marks: readonly Mark[], fromY = 0) =>
  drawChart({ title: 't', x: 'x', y: 'y', series: [], marks, fromY });
const labels = (svg: string) =>
  [...svg.matchAll(/class="mark" x="([\d.]+)" y="([\d.]+)"/g)].map(([, x, y]) => [
    Number(x),
    Number(y),
  ]);

test('names of marks in one place are below one another', () => {
  const [first, second, far] = labels(
    draw([mark('a', 2, 0.5), mark('b', 2, 0.5), mark('c', 8, 0.5)]),
  );
  const [x, y = 0] = first ?? [];
  expect([second?.[0], second?.[1]]).toEqual([x, y + 12]);
  expect(far?.[1]).toBe(first?.[1]);
});

test('the y axis includes the given value', () => {
  const chart = { title: 't', x: 'x', y: 'y', series: [], marks: [mark('a', 1, 0.3)] };
  const ticks = (toY: number) =>
    [...drawChart({ ...chart, toY }).matchAll(/anchor="end">([\d.]+)</g)].map(([, tick]) =>
      Number(tick),
    );
  expect([Math.max(...ticks(0)), Math.max(...ticks(0.7))]).toEqual([0.4, 0.8]);
});

test('the y axis may begin above zero', () => {
  const height = ([label]: number[][]) => label?.[1];
  // 0.5 is in the middle of 0.2 to 0.8, and above the middle of 0 to 0.8.
  const high = { ...mark('a', 1, 0.5), high: 0.8 };
  expect(height(labels(draw([high], 0.2)))).toBeCloseTo(30 + (280 - 30 - 44) / 2 + 4);
  expect(height(labels(draw([high])))).toBeLessThan(137);
});
