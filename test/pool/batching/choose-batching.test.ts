import { expect, test } from '@jest/globals';
import { parseConfig, type ServedConfig } from '../../../src/config/config.ts';
import { at } from '../../../src/base/at.ts';
import { boundsOf, chooseBatching, settle } from '../../../src/pool/batching/choose-batching.ts';

const served = (...flags: string[]): ServedConfig => ({ ...parseConfig({}, flags, 16), model: '' });

/** [replicas, token budget, milliseconds a run], of full batches. */
function measure(...runs: [number, number, number][]) {
  return runs.map(([replicas, tokenBudget, runMs]) => ({
    replicas,
    tokenBudget,
    packedTokens: tokenBudget,
    runMs,
  }));
}

test.each([
  ['a small model', 55e6, [2, 3]],
  ['a model of 150 M', 150e6, [1, 2]],
])('the replicas of %s are measured within bounds', (_, parameters, replicas) => {
  expect(boundsOf(served('--devices=cuda:0'), parameters)).toEqual({
    tokenBudgets: [8_192, 16_384, 32_768],
    replicas,
  });
});

test('what is given is not measured', () => {
  const budget = '--token-budget=9000';
  expect(boundsOf(served('--devices=cuda:0', budget), 55e6)).toMatchObject({
    tokenBudgets: [9_000],
    replicas: [2, 3],
  });
  expect(boundsOf(served('--devices=cuda:0*4,cuda:1*2'), 55e6)?.replicas).toEqual([4]);
  expect(boundsOf(served('--devices=cuda:0*1', budget), 55e6)).toBeUndefined();
  expect(boundsOf(served('--devices=cpu:2'), 55e6)).toBeUndefined();
});

test.each([
  [
    'the fastest',
    [
      [2, 8_192, 8],
      [2, 16_384, 12],
      [2, 32_768, 20],
    ],
    2,
    32_768,
  ],
  [
    'a smaller budget within 3 %',
    [
      [2, 16_384, 10],
      [2, 32_768, 19.6],
    ],
    2,
    16_384,
  ],
  [
    'fewer replicas within 3 %',
    [
      [2, 8_192, 10],
      [3, 8_192, 14.7],
    ],
    2,
    8_192,
  ],
  [
    'more replicas that gain more',
    [
      [2, 8_192, 10],
      [3, 8_192, 14],
    ],
    3,
    8_192,
  ],
  [
    'the fastest of at most 100 ms',
    [
      [1, 8_192, 50],
      [1, 16_384, 90],
      [1, 32_768, 101],
    ],
    1,
    16_384,
  ],
  [
    'the shortest when all are longer',
    [
      [1, 8_192, 200],
      [2, 8_192, 300],
    ],
    1,
    8_192,
  ],
] as [string, [number, number, number][], number, number][])(
  'the choice is %s',
  (_, runs, replicas, tokenBudget) => {
    expect(chooseBatching(measure(...runs))).toMatchObject({ replicas, tokenBudget });
  },
);

test('the choice fills what is open, on every GPU without a number, and says why', () => {
  const config = served('--devices=cuda:0,cuda:1*1');
  const bounds = boundsOf(config, 55e6);
  const measured = measure([2, 8_192, 10], [2, 16_384, 16], [3, 16_384, 23.9]);
  const settled = settle(config, bounds, { measured });
  expect(settled.config).toMatchObject({ tokenBudget: 16_384, encoders: 6 });
  expect(settled.config.devices.map(({ name }) => name)).toEqual(['cuda:0', 'cuda:0#1', 'cuda:1']);
  const why =
    'measured 2048 tokens/ms with 2 replicas of 16384 tokens (16.0 ms a run, at most 100 ms ' +
    'wanted), the least of 3 that is within 3 % of the best';
  expect(settled.choices).toEqual([
    { setting: 'token_budget', value: '16384', reason: why },
    {
      setting: 'devices',
      value: 'cuda:0,cuda:0#1,cuda:1',
      reason: `given by --devices; their number: ${why}`,
    },
    {
      setting: 'encoders',
      value: '6',
      reason: 'the default on cuda, by the number of cores',
    },
  ]);
});

test('without a measurement a GPU gets one replica and the smallest budget', () => {
  const config = served('--devices=cuda:0');
  const { config: after, choices } = settle(config, boundsOf(config, 55e6), {
    measured: [],
    problem: 'no memory',
  });
  expect([after.tokenBudget, after.devices.length]).toEqual([8_192, 1]);
  expect(at(choices, 0).reason).toBe('the least, as nothing could be measured: no memory');
});

test('what is given is said to be given, and kept', () => {
  const config = served('--devices=cuda:0*2', '--token-budget=9000', '--encoders=3');
  const { config: after, choices } = settle(config, boundsOf(config, 55e6), { measured: [] });
  expect(after).toEqual(config);
  expect(choices.map(({ value, reason }) => `${value} ${reason}`)).toEqual([
    '9000 given by --token-budget',
    'cuda:0,cuda:0#1 given by --devices',
    '3 given by --encoders',
  ]);
});

test('on CPU the defaults hold', () => {
  const config = { ...parseConfig({}, [], 2), model: '' };
  const { config: after, choices } = settle(config, boundsOf(config, 55e6), { measured: [] });
  expect(after).toEqual(config);
  expect(choices.map(({ value, reason }) => `${value} ${reason}`)).toEqual([
    '1024 the default on cpu',
    'cpu#0,cpu#1 the default on cpu',
    '1 the default on cpu, by the number of cores',
  ]);
});
