import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
import { run } from '../../../bench/pareto/main.ts';
import { openScorer } from '../../../bench/pareto/open-scorer.ts';
import type { OpenScorer } from '../../../bench/pareto/pair-scorer.ts';
import type { ParetoReport } from '../../../bench/pareto/report.ts';
import type { Pair } from '../../../src/eval/pair-batches.ts';
import { readManifest } from '../../../src/manifest.ts';
import { buildHfTiny } from '../../support/hf-tiny.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

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

const jsonLines = (records: unknown[]) => records.map((each) => JSON.stringify(each)).join('\n');
const ids = ['a', 'b', 'c'];
const queryIds = ['q1', 'q2', 'q3'];
const trec = (order: readonly string[]) =>
  queryIds
    .flatMap((query) => order.map((id, i) => `${query} Q0 ${id} ${i + 1} ${9 - i} tag`))
    .join('\n');

const models = mkdtempSync(join(tmpdir(), 'slmrank-pareto-'));
beforeAll(async () => {
  await buildHfTiny('llama', join(models, 'dense'));
  await buildHfTiny('qwen3', join(models, 'pruned'));
});
afterAll(() => {
  rmSync(models, { recursive: true });
});

/** Only `c` is relevant, and its title alone says so. */
function setUp() {
  const folder = temporaryFolder({
    'corpus.jsonl': jsonLines(
      ids.map((_id) => ({ _id, title: _id === 'c' ? 'good' : 'bad', text: `text ${_id}` })),
    ),
    'queries.jsonl': jsonLines(
      queryIds.map((_id) => ({ _id, text: _id, metadata: { kind: _id === 'q1' ? 'x' : 'y' } })),
    ),
    'qrels/dev.tsv': queryIds.map((query) => `${query}\tc\t1`).join('\n'),
    'runs/pool.trec.gz': trec(ids),
    'embedder.trec': trec(['b', 'c', 'a']),
    'plan.json': JSON.stringify({
      reference: 'dense',
      rows: [
        { kind: 'run', name: 'BM25', runs: { titles: 'first-stage', 'no-titles': 'first-stage' } },
        {
          ...{ kind: 'run', name: 'embedder', parameters: 100, bytes: 400, notes: '<cosine>' },
          runs: { titles: 'embedder.trec', 'no-titles': 'embedder.trec' },
        },
        { kind: 'model', name: 'dense', path: 'dense' },
        { kind: 'model', name: 'pruned', path: 'pruned' },
      ],
    }),
  });
  const args = (...more: string[]) => [
    ...['--beir', folder, '--plan', join(folder, 'plan.json'), '--models', models],
    ...['--state', join(folder, 'state'), '--out', join(folder, 'out')],
    ...['--rounds', '2', '--speed-candidates', '2', ...more],
  ];
  const report = () =>
    JSON.parse(readFileSync(join(folder, 'out', 'pareto.json'), 'utf8')) as ParetoReport;
  return { folder, args, report };
}

/** The dense one knows good titles, the pruned one nothing; each call is told. */
function standIn(calls: string[], failAfter = Infinity): OpenScorer {
  return ({ manifest }) =>
    Promise.resolve({
      score: (pairs, { corpus }, { titles }) => {
        if (calls.length >= failAfter) {
          return Promise.reject(new Error('stopped'));
        }
        calls.push(`${manifest.name} ${pairs.length}`);
        const knows = ({ candidate }: Pair) =>
          titles && manifest.name === 'llama' && corpus.get(candidate)?.title === 'good';
        return Promise.resolve(pairs.map((pair) => (knows(pair) ? 2 : -2)));
      },
      close: () => Promise.resolve(),
    });
}

const third = 1 / Math.log2(4);
const second = 1 / Math.log2(3);

describe('slmrank report pareto', () => {
  test('holds every row against the reference, with titles and without', async () => {
    const { args, report } = setUp();
    expect(await run(args(), standIn([]))).toBe(0);
    const { rows, data } = report();
    expect([data.queries, data.candidates]).toEqual([3, 9]);
    const means = rows.map(({ name, quality }) => [
      name,
      quality.titles[0]?.ndcg10.mean,
      quality['no-titles'][0]?.ndcg10.mean,
    ]);
    expect(means).toEqual([
      ['BM25', expect.closeTo(third), expect.closeTo(third)],
      ['embedder', expect.closeTo(second), expect.closeTo(second)],
      ['dense', 1, expect.closeTo(third)],
      ['pruned', expect.closeTo(third), expect.closeTo(third)],
    ]);
    expect(rows[0]?.quality.titles.map(({ kind, queries }) => [kind, queries])).toEqual([
      ['all', 3],
      ['x', 1],
      ['y', 2],
    ]);
    expect(rows[1]?.difference?.titles).toMatchObject({
      ...{ against: 'dense', sameFirst: 0 },
      ndcg10: { mean: expect.closeTo(second - 1), low: expect.closeTo(second - 1) },
    });
    expect(rows[2]?.difference).toBeUndefined();
    expect(rows[3]?.difference?.['no-titles'].sameFirst).toBe(1);
    expect(rows.map(({ speed }) => speed === undefined)).toEqual([true, true, false, false]);
    expect(printed).toMatch(/^embedder +0\.631 .* dense +-0\.369 .* -36\.9 % /m);
    expect(printed).toContain('No row beats, in parameters: embedder, dense');
  });

  test('goes on where it was stopped, and scores nothing twice', async () => {
    const { args, report } = setUp();
    const stopped: string[] = [];
    await expect(run(args('--no-speed'), standIn(stopped, 3))).rejects.toThrow('stopped');
    expect(stopped).toEqual(['llama 9', 'llama 9', 'qwen3 9']);
    const rest: string[] = [];
    await run(args('--no-speed'), standIn(rest));
    expect(rest).toEqual(['qwen3 9']);
    const { rows } = report();
    const none: string[] = [];
    await run(args('--no-speed'), standIn(none));
    expect(none).toEqual([]);
    expect(report().rows).toEqual(rows);
  });

  test('scores only what more queries add', async () => {
    const { args } = setUp();
    await run(args('--no-speed', '--limit', '1'), standIn([]));
    const more: string[] = [];
    await run(args('--no-speed'), standIn(more));
    expect(more).toEqual(['llama 6', 'llama 6', 'qwen3 6', 'qwen3 6']);
  });

  test('scores again what another token limit or other texts would change', async () => {
    const { args, folder } = setUp();
    await run(args('--no-speed'), standIn([]));
    const shorter: string[] = [];
    await run(args('--no-speed', '--candidate-tokens', '8'), standIn(shorter));
    expect(shorter).toHaveLength(4);
    const corpus = readFileSync(join(folder, 'corpus.jsonl'), 'utf8');
    writeFileSync(join(folder, 'corpus.jsonl'), corpus.replace('text a', 'text A'));
    const changed: string[] = [];
    await run(args('--no-speed'), standIn(changed));
    expect(changed).toHaveLength(4);
    expect(readdirSync(join(folder, 'state', 'scores'))).toHaveLength(12);
  });

  test('the page needs nothing from elsewhere and has a light and a dark face', async () => {
    const { args, folder } = setUp();
    await run(args(), standIn([]));
    const html = readFileSync(join(folder, 'out', 'pareto.html'), 'utf8');
    expect(html).not.toMatch(/NaN|Infinity|undefined|https?:|src=|@import|<script/);
    expect(html.match(/<svg/g)).toHaveLength(4);
    expect(html).toContain('prefers-color-scheme: dark');
    expect(html).toContain('embedder: &lt;cosine&gt;');
  });

  test('names what is not there, or leaves it out when told to, but never the reference', async () => {
    const { args, folder, report } = setUp();
    const plan = join(folder, 'plan.json');
    const text = readFileSync(plan, 'utf8');
    writeFileSync(plan, text.replace('"path":"pruned"', '"path":"gone"'));
    await expect(run(args(), standIn([]))).rejects.toThrow(
      /row 'pruned' of the plan: .*gone\/manifest.json is not there/,
    );
    await run(args('--skip-missing', '--no-speed'), standIn([]));
    expect(report().skipped).toEqual([{ name: 'pruned', missing: 'gone/manifest.json' }]);
    expect(printed).toContain('Left out: pruned, as gone/manifest.json is not there.');
    writeFileSync(plan, text.replace('"path":"dense"', '"path":"gone"'));
    await expect(run(args('--skip-missing'), standIn([]))).rejects.toThrow("row 'dense'");
  });

  test('refuses a run of other candidates than the first stage', async () => {
    const { args, folder } = setUp();
    writeFileSync(join(folder, 'embedder.trec'), trec(['b', 'c', 'd']));
    await expect(run(args('--no-speed'), standIn([]))).rejects.toThrow(
      'query q1 has 3 candidates that are not the 3 of the first stage',
    );
  });
});

describe('openScorer', () => {
  test('scores alike whatever the batches, in the pairs’ order', async () => {
    const dir = join(models, 'dense');
    const model = { dir, manifest: await readManifest(dir) };
    const texts = ['one', 'two words', 'three words here'];
    const data = {
      queries: new Map([['q', { text: 'query' }]]),
      corpus: new Map(texts.map((text) => [text, { title: 'title', text }])),
    };
    const pairs = texts.map((text) => ({ query: 'q', candidate: text }));
    const scoreWith = async (tokenBudget: number) => {
      const options = { candidateTokens: 64, devices: 'cpu:1', tokenBudget };
      const scorer = await openScorer(model, options);
      const scores = await scorer.score(pairs, data, { titles: true });
      await scorer.close();
      return scores;
    };
    const [together, apart] = [await scoreWith(1024), await scoreWith(64)];
    expect(new Set(together).size).toBe(3);
    together.forEach((score, i) => expect(score).toBeCloseTo(apart[i] ?? NaN, 4));
  });
});
