import { expect, test } from '@jest/globals';
import { baseline, blueprints, graphs, served } from '../../../bench/gpu/models.ts';
import {
  limitOf,
  modelsOf,
  planOptions,
  steps,
  stepNames,
  wholeLimitS,
} from '../../../bench/gpu/plan.ts';
import { parseShape } from '../../../bench/ladder/work.ts';

const whole = planOptions({ isSmall: false, provider: 'cuda', outDir: 'out' });
const small = planOptions({ isSmall: true, provider: 'cpu', outDir: 'out' });

test('every step is planned once, and the whole stays under three minutes', () => {
  expect(steps.map(({ name }) => name)).toEqual([...stepNames]);
  expect(wholeLimitS).toBeLessThan(180);
});

test('a step gets its own limit, and a late one what is left of the whole', () => {
  const step = { name: 'rates', limitS: 60, env: {} } as const;
  expect([0, 110, 150, 200].map((spentS) => limitOf(step, spentS))).toEqual([60, 60, 20, 0]);
});

test('every case names a shape, and the shape of the aims is measured with all graphs', () => {
  for (const { shape, model } of [...whole.cases, ...small.cases]) {
    expect(parseShape(shape, blueprints[model].vocabulary).name).toBe(shape);
  }
  const aims = whole.cases.filter(({ isWhole, aim }) => isWhole === true && aim !== undefined);
  expect(aims.map(({ model, shape, budget, aim }) => [model, shape, budget, aim])).toEqual([
    ['qwen3-0.6b-pruned', '50+50x150', 32_768, 5_000],
    ['slmrank-55m', '50+50x150', 32_768, 20_000],
  ]);
});

test('each model is built once, and a small run builds tiny models alone', () => {
  expect(modelsOf(whole)).toEqual([
    'llama-3-layers',
    'qwen3-3-layers',
    'qwen3-0.6b-pruned',
    'slmrank-55m',
    'smollm2-135m',
  ]);
  expect(modelsOf(small)).toEqual(['llama-tiny', 'qwen3-tiny']);
});

test('the graph that is served and the baseline are among the graphs', () => {
  expect(Object.keys(graphs)).toEqual(expect.arrayContaining([baseline, served]));
});
