import { expect, test } from '@jest/globals';
import { stockGraph } from '../../../bench/ladder/stock-graph.ts';
import { smolBlueprint } from '../../../bench/ladder/model.ts';

test('a stock export has only plain operators', () => {
  const { nodes, opsets } = stockGraph({ ...smolBlueprint, qkNorm: true, layers: 2 }, []);
  expect(opsets).toEqual({ '': 18 });
  expect(nodes.length).toBeGreaterThan(100);
  expect([...new Set(nodes.map(({ domain }) => domain))]).toEqual(['']);
  expect(
    nodes.map(({ op }) => op).filter((op) => /Normalization|Attention|Rotary|Gelu/.test(op)),
  ).toEqual([]);
});
