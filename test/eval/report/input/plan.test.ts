import { existsSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parseParetoOptions } from '../../../bench/pareto/options.ts';
import { chooseRows, parsePlan, readPlan, runFile } from '../../../bench/pareto/plan.ts';
import { viewsOf } from '../../../bench/pareto/views.ts';
import { JsonRecord } from '../../../src/base/files/json-record.ts';
import { projectFolder } from '../../../src/toolchain/build/project-folder.ts';

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

  test('names one run for each number of tokens, or one for all', () => {
    const runs = { titles: '{tokens}.trec', 'no-titles': 'all.trec' };
    const { rows } = parse({
      reference: 'a',
      rows: [{ kind: 'run', name: 'b', runs }, model('a')],
    });
    const files = rows.flatMap((row) =>
      row.kind === 'run' ? viewsOf([24, 64]).map((view) => runFile(row, view)) : [],
    );
    expect(files).toEqual([
      '/plans/24.trec',
      '/plans/all.trec',
      '/plans/64.trec',
      '/plans/all.trec',
    ]);
  });

  test.each(['plan.json', 'bundled.json'])(
    '%s has its runs at the default budgets',
    async (name) => {
      const { rows } = await readPlan(projectFolder(`bench/pareto/${name}`), '/models');
      const { candidateTokens } = parseParetoOptions(['--beir', 'd'], {});
      const files = rows.flatMap((row) =>
        row.kind === 'run' ? viewsOf(candidateTokens).map((view) => runFile(row, view)) : [],
      );
      expect(files.filter((file) => file !== undefined)).toHaveLength(12);
      expect(files.filter((file) => file !== undefined && !existsSync(file))).toEqual([]);
    },
  );

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

  test('put text budgets in order', () => {
    const { candidateTokens } = parseParetoOptions(['--beir', 'd', '--candidate-tokens', '64,24']);
    expect(candidateTokens).toEqual([24, 64]);
  });

  test.each([
    [[], /--beir is missing/],
    [['--beir', 'd', '--candidate-tokens', '24,64,24'], /--candidate-tokens has 24 twice/],
    [['--beir', 'd', '--candidate-tokens', '24,'], /--candidate-tokens is ''; a whole number/],
    [['--beir', 'd', '--limit', '0'], /--limit is '0'; a whole number of at least 1/],
    [['--beir', 'd', '--clock', 'sun'], /--clock is 'sun'; wall or cpu is needed/],
  ])('refuse %j', (args, message) => {
    expect(() => parseParetoOptions(args, {})).toThrow(message);
  });
});
