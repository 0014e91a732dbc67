import { describe, expect, test } from '@jest/globals';
import { parseParetoOptions } from '../../../bench/pareto/options.ts';
import { chooseRows, parsePlan } from '../../../bench/pareto/plan.ts';
import { JsonRecord } from '../../../src/json-record.ts';

const bm25 = { kind: 'run', name: 'BM25', runs: { titles: 'first-stage', 'no-titles': 'x.trec' } };
const model = (name: string, more: object = {}) => ({ kind: 'model', name, path: name, ...more });
const parse = (plan: object) =>
  parsePlan(new JsonRecord(plan, 'plan.json'), { runs: '/plans', models: '/models' });

describe('a plan', () => {
  test('finds runs beside itself and models where it is told', () => {
    const plan = parse({
      reference: 'dense',
      rows: [bm25, model('dense'), model('int8', { against: 'dense' })],
    });
    expect(plan.rows).toMatchObject([
      { runs: { titles: undefined, 'no-titles': '/plans/x.trec' }, parameters: undefined },
      { path: '/models/dense', build: undefined, against: 'dense' },
      { path: '/models/int8', against: 'dense' },
    ]);
  });

  test('may build a checkpoint with an adapter, also found where models are', () => {
    const build = { precision: 'int8', recipe: 'r' };
    const rows = [model('a', { build }), model('b', { build: { ...build, adapter: 'x/lora' } })];
    expect(parse({ reference: 'a', rows }).rows).toMatchObject([
      { build: { ...build, adapter: undefined } },
      { build: { ...build, adapter: '/models/x/lora' } },
    ]);
  });

  test.each([
    [{ reference: 'dense', rows: [bm25] }, /'dense' is compared with; it must be a model/],
    [{ reference: 'BM25', rows: [bm25] }, /'BM25' is compared with; it must be a model/],
    [
      { reference: 'a', rows: [model('a'), model('b', { against: 'c' })] },
      /'c' is compared with; it must be a model among a, b/,
    ],
    [{ reference: 'a', rows: [model('a'), model('a')] }, /two rows are named 'a'/],
    [{ reference: 'a', rows: [model('a'), model('b, c')] }, /'b, c'; a name has no comma/],
    [{ reference: 'a', rows: [{ kind: 'guess', name: 'a' }] }, /'rows\[0\].kind' is "guess"/],
    [
      { reference: 'a', rows: [model('a', { build: { precision: 'fp8', recipe: 'r' } })] },
      /'rows\[0\].build.precision' is "fp8"/,
    ],
  ])('is refused: %j', (plan, message) => {
    expect(() => parse(plan)).toThrow(message);
  });

  test('keeps what the chosen rows are compared with', () => {
    const plan = parse({
      reference: 'dense',
      rows: [bm25, model('dense'), model('pruned'), model('int8', { against: 'pruned' })],
    });
    const chosen = (...only: string[]) => chooseRows(plan, only).map(({ name }) => name);
    expect(chosen('int8')).toEqual(['dense', 'pruned', 'int8']);
    expect(chosen('BM25')).toEqual(['BM25', 'dense']);
    expect(() => chosen('int4')).toThrow("no row 'int4'; there are BM25, dense, pruned, int8");
  });
});

describe('the options', () => {
  test('take the data from the environment', () => {
    const { beir, run } = parseParetoOptions([], { PARETO_BEIR: '/data' });
    expect([beir, run]).toEqual(['/data', '/data/runs/pool.trec.gz']);
  });

  test.each([
    [[], /--beir is missing/],
    [['--beir', 'd', '--limit', '0'], /--limit is '0'; a whole number of at least 1/],
    [['--beir', 'd', '--clock', 'sun'], /--clock is 'sun'; wall or cpu is needed/],
  ])('refuse %j', (args, message) => {
    expect(() => parseParetoOptions(args, {})).toThrow(message);
  });
});
