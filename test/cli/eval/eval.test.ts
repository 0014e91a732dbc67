import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../../src/cli/eval/eval.ts';
import type { RerankWith } from '../../../src/cli/eval/rerank-with-model.ts';
import type { EvalReport } from '../../../src/eval/eval-report.ts';
import { captureOutput } from '../../support/captured-output.ts';
import { buildHfTiny } from '../../support/checkpoints/hf-tiny.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const output = captureOutput();

const jsonLines = (records: unknown[]) => records.map((each) => JSON.stringify(each)).join('\n');

/** Two judged queries and one that is not; the second candidate is the relevant one. */
function dataFolder(title = 'T'): string {
  const ids = ['a', 'b'];
  return temporaryFolder({
    'corpus.jsonl': jsonLines(ids.map((_id) => ({ _id, title, text: `text ${_id}` }))),
    'queries.jsonl': jsonLines(
      ['q1', 'q2', 'q3'].map((_id) => ({ _id, text: _id, metadata: { kind: 'need' } })),
    ),
    'qrels/dev.tsv': 'query-id\tcorpus-id\tscore\nq1\tb\t2\nq2\tb\t2\n',
    'run.trec': ['q1', 'q2', 'q3']
      .flatMap((query) => ids.map((id, i) => `${query} Q0 ${id} ${i + 1} ${9 - i} bm25`))
      .join('\n'),
  });
}

/** Reverses every list, as a perfect model would. */
const reverseAll: RerankWith = (input, options) => {
  const reversed = [...input.run].map(
    ([query, entries]) =>
      [query, entries.map(({ id }, i) => ({ id, score: i })).reverse()] as const,
  );
  const counts = {
    queries: reversed.length,
    candidates: 2 * reversed.length,
    truncated: 0,
    candidateTokens: 10,
    packedTokens: 20,
  };
  return Promise.resolve({
    reranked: { run: new Map(reversed), counts, interrupted: options.depth === 1 },
    report: {
      ...counts,
      name: 'stand-in',
      fingerprint: 'f',
      devices: 'cpu#0',
      way: 'served',
      plannedQueries: reversed.length,
      seconds: 1,
      candidatesPerSecond: 2,
      interrupted: options.depth === 1,
    },
  });
};

function evaluate(folder: string, ...more: string[]): Promise<number> {
  const given = ['--beir', folder, '--split', 'dev', '--run', join(folder, 'run.trec'), ...more];
  return run(given, reverseAll);
}

describe('slmrank eval', () => {
  test.each([
    ['dense', 'small', 1, /^Gate: FAIL: NDCG@10, with titles; NDCG@1, with titles; NDCG@10 of /m],
    ['small', 'dense', 0, /^Gate: PASS$/m],
  ])(
    'judges %s against %s by the gate, with status %d',
    async (model, against, status, verdict) => {
      const folder = dataFolder();
      // The model `dense` keeps the run's order, where the relevant text is second.
      const models: RerankWith = async (input, options) => {
        const reversed = await reverseAll(input, options);
        const isDense = options.model === 'dense';
        return isDense
          ? { ...reversed, reranked: { ...reversed.reranked, run: input.run } }
          : reversed;
      };
      const given = ['--beir', folder, '--split', 'dev', '--run', join(folder, 'run.trec')];
      const json = join(folder, 'report.json');
      const compared = ['--model', model, '--against', against, '--json', json];
      expect(await run([...given, ...compared], models)).toBe(status);
      expect(output.stdout).toMatch(verdict);
      const { gate } = JSON.parse(readFileSync(json, 'utf8')) as EvalReport;
      expect(gate?.conditions).toHaveLength(5);
      expect(gate?.passed).toBe(status === 0);
    },
  );

  test('ends as interrupted when the gate was not judged', async () => {
    const folder = dataFolder();
    const models: RerankWith = async (input, options) => {
      const reversed = await reverseAll(input, options);
      return { ...reversed, reranked: { ...reversed.reranked, interrupted: !options.titles } };
    };
    const given = ['--beir', folder, '--split', 'dev', '--run', join(folder, 'run.trec')];
    expect(await run([...given, '--against', 'dense'], models)).toBe(130);
    expect(output.stdout).not.toContain('Gate:');
  });

  test('shows what perturbed candidates cost beside the plain ones', async () => {
    const folder = dataFolder();
    const asked: (readonly string[])[] = [];
    const perturbed: RerankWith = async (input, options) => {
      asked.push(options.perturb);
      const runs = new Map(options.perturb.map((name) => [name, input.run] as const));
      const interrupted = options.limit === 1;
      return { ...(await reverseAll(input, options)), perturbed: { runs, interrupted } };
    };
    const report = join(folder, 'report.json');
    const given = ['--beir', folder, '--split', 'dev', '--run', join(folder, 'run.trec')];
    const all = [...given, '--perturb', 'upper,typos', '--json', report];
    expect(await run([...all, '--model', 'a', '--against', 'b'], perturbed)).toBe(0);
    expect(asked).toEqual([['upper', 'typos'], [], [], []]);
    expect(output.stdout).toMatch(
      /^upper +all +2 +1\.000 +0\.631 +-36\.9 % +-36\.9\.\.-36\.9\n +need /m,
    );
    expect(output.stdout).toMatch(/^typos +all .*\n +need .*\n\nAgainst stand-in/m);
    const { perturbed: written } = JSON.parse(readFileSync(report, 'utf8')) as EvalReport;
    expect(written?.map(({ name, rows }) => [name, rows.length])).toEqual([
      ['upper', 2],
      ['typos', 2],
    ]);
    expect(written?.[0]?.rows[0]?.difference?.mean).toBeCloseTo(-36.9, 1);
    // Now it is interrupted while it ranks the perturbed candidates.
    expect(await run([...all, '--limit', '1', '--against', 'b'], perturbed)).toBe(130);
    expect(asked).toHaveLength(5);
  });

  test('shows the run’s own order beside the model’s, over the judged queries', async () => {
    expect(await evaluate(dataFolder())).toBe(0);
    expect(output.stdout).toMatch(/^all +2 +0\.631 .* 0\.500 +1\.000 .* 1\.000 +\+0\.369/m);
    expect(output.stdout).toContain('1 queries of the run have no judgements');
    expect(output.stdout).toContain('4 candidates of 2 queries');
  });

  test('measures a run alone', async () => {
    expect(await evaluate(dataFolder(), '--run-only')).toBe(0);
    expect(output.stdout).toMatch(/^all +2 +0\.631 +0\.631\.\.0\.631 +0\.500$/m);
  });

  test('writes the new order of all queries, judged or not, as a run', async () => {
    const folder = dataFolder();
    await evaluate(folder, '--out-run', join(folder, 'out.trec'));
    const lines = readFileSync(join(folder, 'out.trec'), 'utf8').trim().split('\n');
    expect(lines).toHaveLength(6);
    expect(lines[4]).toBe('q3 Q0 b 1 1 stand-in');
  });

  test('writes JSON to a file, or to standard output with the table on standard error', async () => {
    const folder = dataFolder();
    await evaluate(folder, '--json', join(folder, 'report.json'));
    const written = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as EvalReport;
    expect(written.rows[0]?.reranked?.mrr10).toBe(1);
    output.stdout = '';
    await evaluate(folder, '--json', '-');
    expect(JSON.parse(output.stdout)).toEqual(written);
    expect(output.stderr).toContain('model NDCG@10');
  });

  test('limits the queries and says so', async () => {
    await evaluate(dataFolder(), '--limit', '1');
    expect(output.stdout).toMatch(/^all +1 /m);
    expect(output.stdout).toContain('At most 1 queries');
  });

  test('ends with the status of an interrupted process when it was stopped early', async () => {
    expect(await evaluate(dataFolder(), '--depth', '1')).toBe(130);
    expect(output.stdout).toContain('INTERRUPTED');
  });

  test('re-ranks through the pipeline with a built model', async () => {
    const folder = dataFolder();
    const model = temporaryFolder();
    const { name } = await buildHfTiny('llama', model);
    const given = ['--beir', folder, '--split', 'dev', '--run', join(folder, 'run.trec')];
    const out = join(folder, 'out.trec');
    expect(await run([...given, '--model', model, '--devices', 'cpu:1', '--out-run', out])).toBe(0);
    expect(output.stdout).toMatch(
      /6 candidates of 3 queries in .* candidates\/s; \d+ tokens each, 0\.0 % cut/,
    );
    expect(output.stderr).toContain('6 of 6 candidates, 100 %');
    const lines = readFileSync(out, 'utf8').trim().split('\n');
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['q1', 'q1', 'q2', 'q2', 'q3', 'q3']);
    expect(lines.every((line) => line.endsWith(` ${name}`))).toBe(true);
  }, 120_000);

  test('refuses a run that names unknown queries or texts', async () => {
    const folder = dataFolder();
    const other = join(temporaryFolder({ 'run.trec': 'q1 Q0 zz 1 1 t' }), 'run.trec');
    await expect(evaluate(folder, '--run', other)).rejects.toThrow(
      'the run names 1 texts that corpus.jsonl lacks, such as "zz"',
    );
    const unknown = join(temporaryFolder({ 'run.trec': 'q9 Q0 a 1 1 t' }), 'run.trec');
    await expect(evaluate(folder, '--run', unknown)).rejects.toThrow(
      'the run names 1 queries that queries.jsonl lacks, such as "q9"',
    );
  });
});
