import { describe, expect, test } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import { createRandom } from '../../../src/base/random.ts';
import {
  type BalancingPolicy,
  createPick,
  grpcJsPeriodsOf,
  periodsOf,
} from '../../../src/simulate/balance/pick.ts';

interface Named {
  readonly name: string;
  readonly active: number;
  readonly weight: number;
}

const endpoint = (name: string, weight = 0, active = 0): Named => ({ name, weight, active });
const [a, b, c] = [endpoint('a'), endpoint('b'), endpoint('c')];

/** Numbers to draw, over and over. */
function drawing(...numbers: number[]) {
  let place = 0;
  return () => at(numbers, place++ % numbers.length);
}

function take(
  policy: BalancingPolicy,
  ready: readonly Named[],
  count: number,
  state: { last?: Named; random?: () => number } = {},
): string {
  const pick = createPick(policy, ready, { last: state.last, random: state.random ?? (() => 0) });
  return Array.from({ length: count }, () => pick().name).join('');
}

describe('pick_first', () => {
  test('stays with the first, or with the one it is connected to', () => {
    expect(take('pick_first', [a, b, c], 3)).toBe('aaa');
    expect(take('pick_first', [a, b, c], 3, { last: b })).toBe('bbb');
  });

  test('takes the first of the others once that one is gone', () => {
    expect(take('pick_first', [a, c], 2, { last: b })).toBe('aa');
  });
});

test('round_robin takes all in turn, from the one after the last', () => {
  expect(take('round_robin', [a, b, c], 5)).toBe('abcab');
  expect(take('round_robin', [a, b, c], 4, { last: b })).toBe('cabc');
  expect(take('round_robin', [a, c], 3, { last: b })).toBe('aca');
});

describe('weighted_round_robin', () => {
  test('gives each its share: weights 1, 2, 4 over one period', () => {
    // Means 7/3, so periods of 7/3, 7/6 and 7/12, all beginning at 0.
    const ready = [endpoint('a', 1), endpoint('b', 2), endpoint('c', 4)];
    expect(take('weighted_round_robin', ready, 7)).toBe('abccbcc');
  });

  test('an unknown weight counts as the mean of those known', () => {
    const ready = [endpoint('a', 30), endpoint('b', 0), endpoint('c', 10)];
    const taken = take('weighted_round_robin', ready, 600, { random: createRandom(1) });
    const count = (name: string) => taken.split(name).length - 1;
    expect([count('a'), count('b'), count('c')]).toEqual([300, 200, 100]);
  });

  test.each([
    ['none', [endpoint('a'), endpoint('b'), endpoint('c')]],
    ['one', [endpoint('a', 90), endpoint('b'), endpoint('c')]],
  ])('with %s known, all are equal', (_name, ready) => {
    expect(take('weighted_round_robin', ready, 6)).toBe('abcabc');
  });

  test('phases are random, so that many clients do not move together', () => {
    // Due at 0.9, 0.5 and 0.1, and then one later each.
    const random = drawing(0.9, 0.5, 0.1);
    expect(take('weighted_round_robin', [a, b, c], 6, { random })).toBe('cbacba');
  });
});

// Hand-computed: weights in requests per second at full utilization, 0 for unknown.
test.each([
  [
    [20, 40, 0],
    [1 / 20, 1 / 40, 1 / 30],
    [1 / 20, 1 / 40, 30],
  ],
  [
    [20, 0, 0],
    [1, 1, 1],
    [1 / 20, 1, 1],
  ],
  [
    [0, 0, 0],
    [1, 1, 1],
    [1, 1, 1],
  ],
  [
    [10, 20, 40],
    [1 / 10, 1 / 20, 1 / 40],
    [1 / 10, 1 / 20, 1 / 40],
  ],
])('weights %j are the periods %j, and %j in grpc-js', (weights, periods, inGrpcJs) => {
  expect(periodsOf(weights)).toEqual(periods);
  expect(grpcJsPeriodsOf(weights)).toEqual(inGrpcJs);
});

test('grpc-js hardly calls a server of unknown weight', () => {
  const ready = [endpoint('a', 30), endpoint('b', 30), endpoint('c', 0)];
  const taken = take('grpc_js_weighted_round_robin', ready, 600, { random: createRandom(1) });
  expect(taken.split('c').length - 1).toBeLessThanOrEqual(2);
});

describe('least_request', () => {
  const busy = [endpoint('a', 0, 5), endpoint('b', 0, 2), endpoint('c', 0, 9)];

  test.each([
    [[0, 0.4], 'b'],
    [[0.4, 0.9], 'b'],
    [[0.9, 0], 'a'],
    [[0.9, 0.9], 'c'],
  ])('draws %j and takes the less busy one, %s', (numbers, name) => {
    expect(take('least_request', busy, 1, { random: drawing(...numbers) })).toBe(name);
  });

  test('takes the first of two that are equally busy', () => {
    const random = drawing(0.9, 0);
    expect(take('least_request', [a, b, c], 1, { random })).toBe('c');
  });
});
