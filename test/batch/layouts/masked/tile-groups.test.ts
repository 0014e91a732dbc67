import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { at } from '../../../../src/base/at.ts';
import { assignGroups, type TileSize } from '../../../../src/batch/layouts/masked/tile-groups.ts';

const groupCounts = fc.integer({ min: 1, max: 4 });

describe('assigning tiles to attention groups', () => {
  const area = (sizes: readonly TileSize[], groupOf: readonly number[]) => {
    const groups = new Map<number, TileSize[]>();
    sizes.forEach((size, i) => {
      const group = at(groupOf, i);
      groups.set(group, [...(groups.get(group) ?? []), size]);
    });
    return [...groups.values()].reduce(
      (sum, members) =>
        sum +
        members.length *
          Math.max(...members.map(({ rows }) => rows)) *
          Math.max(...members.map(({ keys }) => keys)),
      0,
    );
  };

  /** Least padded area over every way to give n tiles one of g groups. */
  const leastArea = (sizes: readonly TileSize[], groups: number) => {
    let least = Infinity;
    for (let code = 0; code < groups ** sizes.length; code++) {
      const groupOf = sizes.map((_, i) => Math.floor(code / groups ** i) % groups);
      least = Math.min(least, area(sizes, groupOf));
    }
    return least;
  };

  it('pads one request less than any other assignment would', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 50 }),
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 6 }),
        groupCounts,
        (prefix, lengths, groups) => {
          const sizes = lengths.map((rows) => ({ rows, keys: prefix + rows }));
          expect(area(sizes, assignGroups(sizes, groups))).toBe(leastArea(sizes, groups));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('never uses more groups than there are, nor splits equal tiles', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ rows: fc.integer({ min: 1, max: 9 }), keys: fc.integer({ min: 1, max: 9 }) }),
        ),
        groupCounts,
        (sizes, groups) => {
          const groupOf = assignGroups(sizes, groups);
          expect(groupOf.every((group) => group >= 0 && group < groups)).toBe(true);
          const ofSize = new Map(sizes.map(({ rows, keys }, i) => [`${rows}x${keys}`, groupOf[i]]));
          sizes.forEach(({ rows, keys }, i) =>
            expect(groupOf[i]).toBe(ofSize.get(`${rows}x${keys}`)),
          );
        },
      ),
    );
  });

  it('gives one long tile among short ones a group of its own', () => {
    const sizes = [20, 21, 400, 22, 20].map((rows) => ({ rows, keys: 40 + rows }));
    expect(assignGroups(sizes, 2)).toEqual([0, 0, 1, 0, 0]);
    expect(assignGroups(sizes, 1)).toEqual([0, 0, 0, 0, 0]);
    expect(assignGroups([], 4)).toEqual([]);
  });
});
