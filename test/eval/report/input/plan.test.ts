import { existsSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parseParetoOptions } from '../../../../src/cli/report/pareto-options.ts';
import {
  chooseRows,
  parsePlan,
  readPlan,
  runFile,
} from '../../../../src/eval/report/input/plan.ts';
import { viewsOf } from '../../../../src/eval/report/input/views.ts';
import { JsonRecord } from '../../../../src/base/files/json-record.ts';
import { projectFolder } from '../../../../src/toolchain/build/project-folder.ts';

const bm25 = { kind: 'run', name: 'BM25', runs: { titles: 'first-stage', 'no-titles': 'x.trec' } };
const model = (name: string, more: object = {}) => ({ kind: 'model', name, path: name, ...more });
const parse = (plan: object) =>
  parsePlan(new JsonRecord(plan, 'plan.json'), { runs: '/plans', models: '/models' });

describe('a plan', () => {
  test('resolves run files from its own folder and models from the given one', () => {
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

  test('names one run file for each text budget, or one for all', () => {
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
    '%s names run files that exist for the default budgets',
    async (name) => {
      const { rows } = await readPlan(projectFolder(`src/eval/report/${name}`), '/models');
      const { candidateTokens } = parseParetoOptions(['--beir', 'd'], {});
      const files = rows.flatMap((row) =>
        row.kind === 'run' ? viewsOf(candidateTokens).map((view) => runFile(row, view)) : [],
      );
      expect(files.filter((file) => file !== undefined)).toHaveLength(12);
      expect(files.filter((file) => file !== undefined && !existsSync(file))).toEqual([]);
    },
  );

  test('builds a checkpoint with an adapter, whose path is resolved as a model path', () => {
    const build = { precision: 'int8', recipe: 'r' };
    const rows = [model('a', { build }), model('b', { build: { ...build, adapter: 'x/lora' } })];
    expect(parse({ reference: 'a', rows }).rows).toMatchObject([
      { build: { ...build, adapter: undefined } },
      { build: { ...build, adapter: '/models/x/lora' } },
    ]);
  });

  test.each([
    [{ reference: 'dense', rows: [bm25] }, /compared with 'dense'; it must be one of the models/],
    [{ reference: 'BM25', rows: [bm25] }, /compared with 'BM25'; it must be one of the models/],
    [
      { reference: 'a', rows: [model('a'), model('b', { against: 'c' })] },
      /compared with 'c'; it must be one of the models a, b/,
    ],
    [{ reference: 'a', rows: [model('a'), model('a')] }, /two rows are named 'a'/],
    [
      { reference: 'a', rows: [model('a'), model('b, c')] },
      /'b, c'; a name must not contain a comma/,
    ],
    [{ reference: 'a', rows: [{ kind: 'guess', name: 'a' }] }, /'rows\[0\].kind' is "guess"/],
    [
      { reference: 'a', rows: [model('a', { build: { precision: 'fp8', recipe: 'r' } })] },
      /'rows\[0\].build.precision' is "fp8"/,
    ],
  ])('is refused: %j', (plan, message) => {
    expect(() => parse(plan)).toThrow(message);
  });

  test('keeps the rows that the chosen ones are compared with', () => {
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
