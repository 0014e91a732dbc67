import { expect, test } from '@jest/globals';
import { createCostModel } from '../../../src/schedule/costs/cost.ts';
import { parseCostTable } from '../../../src/schedule/costs/cost-table.ts';
import { builtInCost } from '../../../src/simulate/server/built-in-cost.ts';

test('a table is read back as it was written', () => {
  const cost = createCostModel();
  for (let i = 1; i < 40; i += 1) {
    const packedTokens = 20 * i;
    const size = { packedTokens, slots: 90 * packedTokens };
    cost.observe({ replica: `cpu#${i % 2}`, ...size, runMs: 9 + i, handoverMs: 0.5 });
    cost.observeEncode(i);
  }
  const table = cost.table();
  expect(parseCostTable(JSON.stringify(table), 'costs.json')).toEqual(table);
});

test('the admin service calls a replica by its slot', () => {
  const replicas = [{ slot: 'cpu#0', factor: 2, runs: 3, error: 0.1 }];
  const text = JSON.stringify({ kinds: builtInCost.kinds, replicas });
  expect(parseCostTable(text, 'costs.json').replicas).toEqual([
    { replica: 'cpu#0', factor: 2, runs: 3, error: 0.1 },
  ]);
});

test('a table without lists of times is read with empty lists', () => {
  const text = JSON.stringify({ kinds: builtInCost.kinds }).replace('"runRatios":[],', '');
  const table = parseCostTable(text.replace(',"handoverMs":[]', ''), 'costs.json');
  expect(table).toMatchObject({ kinds: [{ runRatios: [], handoverMs: [] }], encodeMs: [] });
});

test.each([
  [{ kinds: [] }, "costs.json: 'kinds' is []; a list of at least one is needed"],
  [
    { kinds: [{ ...builtInCost.kinds[0], tokenMs: -1 }] },
    "costs.json: 'kinds[0].tokenMs' is -1; a number of at least 0 is needed",
  ],
  [
    { kinds: builtInCost.kinds, encodeMs: [1, -1] },
    "costs.json: 'encodeMs' is [1,-1]; a list of numbers of at least 0 is needed",
  ],
  [
    { kinds: builtInCost.kinds, replicas: [{ slot: 'cpu#0', factor: 0, runs: 1, error: 0 }] },
    "costs.json: 'replicas[0].factor' is 0; a number above 0 is needed",
  ],
])('a damaged table is refused with the name of the field: %j', (json, message) => {
  expect(() => parseCostTable(JSON.stringify(json), 'costs.json')).toThrow(message);
});
