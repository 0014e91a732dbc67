import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  jest,
  test,
} from '@jest/globals';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { at } from '../../../src/base/at.ts';
import { run } from '../../../src/cli/report/pareto.ts';
import { intervalOf } from '../../../src/eval/report/report.ts';
import type { OpenScorer } from '../../../src/eval/report/scores/scorers.ts';
import { buildHfTiny } from '../../support/checkpoints/hf-tiny.ts';
import { setUpPareto, standIn, trec } from '../../support/pareto-set-up.ts';

let printed = '';

beforeEach(() => {
  printed = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
});
afterEach(() => {
  jest.restoreAllMocks();
});

const models = mkdtempSync(join(tmpdir(), 'slmrank-pareto-'));
beforeAll(async () => {
  await buildHfTiny('llama', join(models, 'dense'));
  await buildHfTiny('qwen3', join(models, 'pruned'));
});
afterAll(() => {
  rmSync(models, { recursive: true });
});

const setUp = () => setUpPareto(models);

const third = 1 / Math.log2(4);
const second = 1 / Math.log2(3);

describe('slmrank report pareto', () => {
  test('compares every row with the reference, with titles and without', async () => {
    const { args, report } = setUp();
    expect(await run(args(), standIn([]))).toBe(0);
    const { rows, data } = report();
    expect([data.queries, data.candidates]).toEqual([3, 9]);
    const means = rows.map((row) => [
      row.name,
      intervalOf(row, { candidateTokens: 24, variant: 'titles' }).mean,
      intervalOf(row, { candidateTokens: 24, variant: 'no-titles' }).mean,
    ]);
    expect(means).toEqual([
      ['BM25', expect.closeTo(third), expect.closeTo(third)],
      ['embedder', expect.closeTo(second), expect.closeTo(second)],
      ['dense', 1, expect.closeTo(third)],
      ['pruned', expect.closeTo(third), expect.closeTo(third)],
    ]);
    const [bm25, embedder, dense, pruned] = rows.map(({ budgets }) => budgets[0]);
    expect(bm25?.quality.titles.map(({ kind, queries }) => [kind, queries])).toEqual([
      ['all', 3],
      ['x', 1],
      ['y', 2],
    ]);
    expect(embedder?.difference?.titles).toMatchObject({
      against: 'dense',
      sameFirst: 0,
      ndcg10: { mean: expect.closeTo(second - 1), low: expect.closeTo(second - 1) },
    });
    expect(dense?.difference).toBeUndefined();
    expect(pruned?.difference?.['no-titles'].sameFirst).toBe(1);
    expect([bm25, embedder, dense, pruned].map((each) => each?.speed === undefined)).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(printed).toMatch(/^embedder +0\.631 .* dense +-0\.369 .* -36\.9 % /m);
    expect(printed).toContain('No row beats, in parameters: embedder, dense');
  });

  test('measures each text budget, and opens a model once for all of them', async () => {
    const { args, report } = setUp();
    const calls: string[] = [];
    const opened: string[] = [];
    const open: OpenScorer = (model, options) => {
      opened.push(`${model.manifest.name} ${options.candidateTokens}`);
      return standIn(calls)(model, options);
    };
    await run(args('--candidate-tokens', '24,64', '--no-speed'), open);
    expect(opened).toEqual(['llama 64', 'qwen3 64']);
    expect(calls.slice(0, 4)).toEqual([
      'llama 9 24 titles',
      'llama 9 24 no-titles',
      'llama 9 64 titles',
      'llama 9 64 no-titles',
    ]);
    const { rows, settings } = report();
    expect(settings.candidateTokens).toEqual([24, 64]);
    const embedder = rows[1]?.budgets.map(({ candidateTokens, quality, difference }) => [
      candidateTokens,
      quality.titles[0]?.ndcg10.mean,
      difference?.titles.ndcg10.mean,
    ]);
    // Its run of 64 tokens has the relevant one first, as the dense model has.
    expect(embedder).toEqual([
      [24, expect.closeTo(second), expect.closeTo(second - 1)],
      [64, 1, 0],
    ]);
    expect(printed).toMatch(/^embedder +0\.631 +0\.631 +1\.000 +1\.000$/m);
  });

  test('reports speeds by budget, with the ratio to the reference at the same budget', async () => {
    const { args, report } = setUp();
    await run(args('--candidate-tokens', '24,64'), standIn([]));
    const { rows, speed } = report();
    expect(Object.keys(at(speed?.rounds ?? [], 0)).toSorted()).toEqual([
      'dense, 24 tokens',
      'dense, 64 tokens',
      'pruned, 24 tokens',
      'pruned, 64 tokens',
    ]);
    const ratios = rows[2]?.budgets.map((budget) => budget.speed?.ratio);
    const same = { median: 1, low: 1, high: 1 };
    expect(ratios).toEqual([same, same]);
  });

  test('continues where it was stopped, and scores no pair twice', async () => {
    const { args, report } = setUp();
    const stopped: string[] = [];
    await expect(run(args('--no-speed'), standIn(stopped, 3))).rejects.toThrow('stopped');
    expect(stopped).toEqual(['llama 9 24 titles', 'llama 9 24 no-titles', 'qwen3 9 24 titles']);
    const rest: string[] = [];
    await run(args('--no-speed'), standIn(rest));
    expect(rest).toEqual(['qwen3 9 24 no-titles']);
    const { rows } = report();
    const none: string[] = [];
    await run(args('--no-speed'), standIn(none));
    expect(none).toEqual([]);
    expect(report().rows).toEqual(rows);
  });

  test('scores only the pairs of additional queries', async () => {
    const { args } = setUp();
    await run(args('--no-speed', '--limit', '1'), standIn([]));
    const more: string[] = [];
    await run(args('--no-speed'), standIn(more));
    expect(more).toEqual([
      'llama 6 24 titles',
      'llama 6 24 no-titles',
      'qwen3 6 24 titles',
      'qwen3 6 24 no-titles',
    ]);
  });

  test('scores again after a change of the token limit or the texts', async () => {
    const { args, folder } = setUp();
    await run(args('--no-speed'), standIn([]));
    const shorter: string[] = [];
    await run(args('--no-speed', '--candidate-tokens', '24,64'), standIn(shorter));
    expect(shorter).toHaveLength(4);
    expect(shorter.every((call) => call.includes(' 64 '))).toBe(true);
    const corpus = readFileSync(join(folder, 'corpus.jsonl'), 'utf8');
    writeFileSync(join(folder, 'corpus.jsonl'), corpus.replace('text a', 'text A'));
    const changed: string[] = [];
    await run(args('--no-speed'), standIn(changed));
    expect(changed).toHaveLength(4);
    expect(readdirSync(join(folder, 'state', 'scores'))).toHaveLength(12);
  });

  test('writes a self-contained page with light and dark colours', async () => {
    const { args, folder } = setUp();
    await run(args(), standIn([]));
    const html = readFileSync(join(folder, 'out', 'pareto.html'), 'utf8');
    expect(html).not.toMatch(/NaN|Infinity|undefined|https?:|src=|@import|<script/);
    expect(html.match(/<svg/g)).toHaveLength(6);
    expect(html).toContain('prefers-color-scheme: dark');
    expect(html).toContain('embedder: &lt;cosine&gt;');
  });

  test('writes self-contained pictures with light and dark colours', async () => {
    const { args, folder } = setUp();
    await run(args('--candidate-tokens', '24,64'), standIn([]));
    const picture = (name: string) => readFileSync(join(folder, 'out', name), 'utf8');
    for (const name of ['front.svg', 'budgets.svg']) {
      expect(picture(name)).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" width="720"/);
      expect(picture(name)).toContain('prefers-color-scheme: dark');
      expect(picture(name)).not.toMatch(/NaN|Infinity|undefined|href|<script/);
    }
    const names = ['BM25', 'embedder', 'dense', 'pruned'];
    expect(names.filter((name) => !picture('front.svg').includes(`>${name}</text>`))).toEqual([]);
    // Once with titles and once without.
    expect(names.map((name) => picture('budgets.svg').split(`>${name}</text>`).length - 1)).toEqual(
      [2, 2, 2, 2],
    );
    expect(picture('front.svg')).toContain('candidates/s, 64 tokens of a candidate');
  });

  test('names a missing file, or leaves out its row with --skip-missing, except the reference', async () => {
    const { args, folder, report } = setUp();
    const plan = join(folder, 'plan.json');
    const text = readFileSync(plan, 'utf8');
    writeFileSync(plan, text.replace('"path":"pruned"', '"path":"gone"'));
    await expect(run(args(), standIn([]))).rejects.toThrow(
      /row 'pruned' of the plan: .*gone\/manifest.json does not exist/,
    );
    await run(args('--skip-missing', '--no-speed'), standIn([]));
    expect(report().skipped).toEqual([{ name: 'pruned', missing: 'gone/manifest.json' }]);
    expect(printed).toContain('Left out: pruned, because gone/manifest.json does not exist.');
    await expect(run(args('--candidate-tokens', '32'), standIn([]))).rejects.toThrow(
      /row 'embedder' of the plan: .*embedder.32.trec does not exist/,
    );
    writeFileSync(plan, text.replace('"path":"dense"', '"path":"gone"'));
    await expect(run(args('--skip-missing'), standIn([]))).rejects.toThrow("row 'dense'");
  });

  test('refuses a run of other candidates than the first stage', async () => {
    const { args, folder } = setUp();
    writeFileSync(join(folder, 'embedder.24.trec'), trec(['b', 'c', 'd']));
    await expect(run(args('--no-speed'), standIn([]))).rejects.toThrow(
      'query q1 has 3 candidates that are not the 3 of the first stage',
    );
  });
});
