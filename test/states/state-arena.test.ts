import { expect, test } from '@jest/globals';
import { StateArena } from '../../src/states/state-arena.ts';

const width = 3;
/** Rows of `width` values: row r is [10 r, 10 r + 1, 10 r + 2]. */
const rowsOf = (...rows: number[]) =>
  Uint16Array.from(rows.flatMap((row) => [10 * row, 10 * row + 1, 10 * row + 2]));

test('rows come back in the order asked for, whether or not they are neighbours', () => {
  const arena = StateArena.ofBytes(10 * 2 * width, width);
  arena.write(Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), rowsOf(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  const to = new Uint16Array(6 * width);
  arena.read(Int32Array.of(4, 5, 6, 1, 9, 0), to);
  expect(to).toEqual(rowsOf(4, 5, 6, 1, 9, 0));
});

test('what one view writes, another one over the same memory reads', () => {
  const arena = StateArena.ofBytes(8 * 2 * width, width);
  new StateArena(arena.buffer, width).write(Int32Array.of(6, 2, 3), rowsOf(1, 2, 3));
  const to = new Uint16Array(3 * width);
  arena.read(Int32Array.of(2, 3, 6), to);
  expect(to).toEqual(rowsOf(2, 3, 1));
});

test('only whole rows fit the bytes', () => {
  const rowBytes = 2 * width;
  expect(StateArena.ofBytes(5 * rowBytes - 1, width).rows).toBe(4);
  expect(StateArena.ofBytes(rowBytes - 1, width).rows).toBe(0);
});
