import { describe, expect, test } from '@jest/globals';
import { membersOf, parseFailures } from '../../../src/simulate/fleet/failures.ts';

const parse = (...failures: unknown[]) => parseFailures(JSON.stringify({ failures }), 'plan.json');
const span = { atSeconds: 1, untilSeconds: 2 };

test('reads every kind, with seconds as milliseconds', () => {
  expect(
    parse(
      { kind: 'crash', servers: 2, ...span },
      { kind: 'rack', share: 0.1, first: 5, detectSeconds: 0.5, ...span },
      { kind: 'slow', servers: 1, factor: 3, replica: 0, ...span },
      { kind: 'stall', share: 1, ...span },
      { kind: 'restart', share: 1, atSeconds: 3, atOnce: 2, downSeconds: 4 },
    ),
  ).toEqual([
    { kind: 'crash', first: 0, servers: 2, atMs: 1_000, untilMs: 2_000 },
    { kind: 'rack', first: 5, share: 0.1, atMs: 1_000, untilMs: 2_000, detectMs: 500 },
    { kind: 'slow', first: 0, servers: 1, atMs: 1_000, untilMs: 2_000, factor: 3, replica: 0 },
    { kind: 'stall', first: 0, share: 1, atMs: 1_000, untilMs: 2_000 },
    { kind: 'restart', first: 0, share: 1, atMs: 3_000, untilMs: 3_000, atOnce: 2, downMs: 4_000 },
  ]);
});

test.each([
  [{ kind: 'flood', servers: 1 }, /plan.json: 'failures\[0\].kind' is "flood"; one of "crash", /],
  [{ kind: 'crash', ...span }, /needs either 'share' \(of the servers\) or 'servers'/],
  [{ kind: 'crash', share: 0.5, servers: 1, ...span }, /needs either 'share'/],
  [{ kind: 'crash', share: 1.5, ...span }, /'failures\[0\].share' is 1.5; a number above 0 and at/],
  [{ kind: 'crash', servers: 1, atSeconds: -1 }, /'failures\[0\].atSeconds' is -1; .* at least 0/],
  [
    { kind: 'stall', servers: 1, atSeconds: 5, untilSeconds: 5 },
    /'failures\[0\].untilSeconds' is 5; a moment after 'atSeconds' \(5\) is needed/,
  ],
  [{ kind: 'rack', servers: 1, ...span }, /'failures\[0\].detectSeconds' is missing/],
  [{ kind: 'slow', servers: 1, factor: 0, ...span }, /'failures\[0\].factor' is 0; .* above 0/],
  [{ kind: 'crash', servers: 1, factor: 2, ...span }, /'failures\[0\].factor' is not a known/],
])('refuses %j', (failure, message) => {
  expect(() => parse(failure)).toThrow(message);
});

describe('the members of a group', () => {
  const ten = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

  test.each([
    [{ first: 0, servers: 2 }, [0, 1]],
    [{ first: 8, servers: 4 }, [0, 1, 8, 9]],
    [{ first: 13, share: 0.2 }, [3, 4]],
    [{ first: 0, share: 0.01 }, [0]],
    [{ first: 4, servers: 99 }, ten],
  ])('%j', (group, members) => {
    expect(membersOf(group, ten)).toEqual(members);
  });
});
