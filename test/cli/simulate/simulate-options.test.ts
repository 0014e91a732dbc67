import { expect, test } from '@jest/globals';
import { parseSimulateOptions } from '../../../src/cli/simulate/simulate-options.ts';

test('without options two replicas of one server get traffic without deadlines', () => {
  expect(parseSimulateOptions([])).toMatchObject({
    cost: undefined,
    factors: [1, 1],
    servers: 1,
    rps: 0.2,
    shapes: ['63+16xpostings'],
    deferrableRps: 0,
    deadlineMs: undefined,
    encodeMs: undefined,
    callMs: 0,
    spread: undefined,
    byId: 0,
    itemTokens: undefined,
    plan: false,
  });
});

test('--factors replaces --replicas, and --shape is a list', () => {
  const given = ['--replicas=5', '--factors=1,0.5,2', '--shape=63+8x40,9+2x100', '--deadline=250'];
  expect(parseSimulateOptions(given)).toMatchObject({
    factors: [1, 0.5, 2],
    shapes: ['63+8x40', '9+2x100'],
    deadlineMs: 250,
  });
});

test.each([
  [['--rps', 'many'], /--rps is 'many'; a number from 0.001 to 100000 is needed/],
  [['--replicas', '1.5'], /--replicas is '1.5'; a whole number from 1 to 1000 is needed/],
  [['--factors', '1,0'], /--factors is '0'; a number from 0.01 to 100 is needed/],
  [['--deadline', '0'], /--deadline is '0'; a number from 1 to 3600000 is needed/],
  [['--by-id', '2'], /--by-id is '2'; a number from 0 to 1 is needed/],
  [['--item-tokens', '0'], /--item-tokens is '0'; a whole number from 1 to 10000 is needed/],
  [['--wrong'], /no option '--wrong'/],
])('refuses %j', (args, message) => {
  expect(() => parseSimulateOptions(args)).toThrow(message);
});
