import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../../src/cli/report/context.ts';
import type { ContextReport } from '../../../src/eval/context/context-report.ts';
import { captureOutput } from '../../support/captured-output.ts';
import { buildHfTiny } from '../../support/checkpoints/hf-tiny.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const output = captureOutput();

const postings = [
  ['a', 'Nurse', 'Reads the charts of the ward at night, and orders drugs; orders beds for it.'],
  ['b', 'Welder', 'Welds frames of boats. Repairs engines, keeps the tools of the shop in order.'],
  ['c', '', 'Bakes bread and rolls in the early morning; cleans the ovens, sells the bread.'],
] as const;
const toLines = (all: readonly object[]) => all.map((each) => JSON.stringify(each)).join('\n');

/** A BEIR folder with two queries, and the options that a small run needs. */
async function setUp() {
  const model = temporaryFolder();
  await buildHfTiny('llama', model);
  const beir = temporaryFolder({
    'corpus.jsonl': toLines(postings.map(([_id, title, text]) => ({ _id, title, text }))),
    'queries.jsonl': toLines([
      { _id: 'q1', text: 'ward' },
      { _id: 'q2', text: 'boats' },
    ]),
    'qrels/dev.tsv': 'q1\ta\t1\nq2\tb\t1',
    'runs/pool.trec': ['q1', 'q2']
      .flatMap((query) => postings.map(([id], i) => `${query} Q0 ${id} ${i + 1} ${9 - i} tag`))
      .join('\n'),
    probes: ['nurse', 'welder', 'cook', 'clerk', 'mechanic', 'pilot'].join('\n'),
  });
  const out = join(beir, 'out');
  const args = (...more: string[]) => [
    `--beir=${beir}`,
    `--run=${join(beir, 'runs/pool.trec')}`,
    `--model=${model}`,
    `--probes=${join(beir, 'probes')}`,
    '--devices=cpu:1',
    `--state=${join(beir, 'state')}`,
    `--out=${out}`,
    ...more,
  ];
  const report = () => JSON.parse(readFileSync(join(out, 'context.json'), 'utf8')) as ContextReport;
  return { beir, out, args, report };
}

test('measures all rows of one run, and keeps the compressed texts for the next', async () => {
  const { beir, out, args, report } = await setUp();
  const rows = '--rows=title,head:12,phrases:12,search-quick:12';
  expect(await run(args(rows, '--rounds=1', '--speed-queries=1'))).toBe(0);
  const { variants, samples, data, devices } = report();
  expect(data).toMatchObject({ split: 'dev', queries: 2, candidates: 3, pairs: 6 });
  expect(devices).toBe('cpu#0');
  const names = ['raw', 'head 12', 'phrases 12', 'search-quick 12'];
  expect(variants['no-titles'].map(({ name }) => name)).toEqual(names);
  expect(variants.titles.map(({ name }) => name)).toEqual([
    'raw',
    'title alone',
    ...names.slice(1),
  ]);
  const [raw, ...shortened] = variants['no-titles'];
  expect(raw?.figures).toMatchObject({ reduction: 1, tau: 1, dp: { mean: 0 }, firstKept: 1 });
  for (const { figures, speed, version, postingsPerSecond } of shortened) {
    expect(figures.tokens.p99).toBeLessThanOrEqual(12);
    expect(figures.reduction).toBeGreaterThan(1);
    expect(speed?.candidatesPerSecond).toBeGreaterThan(0);
    expect(postingsPerSecond).toBeGreaterThan(0);
    expect(version).toMatch(/^\w{16}$/);
  }
  expect(variants['no-titles'].map(({ againstSearch }) => againstSearch === undefined)).toEqual([
    true,
    false,
    false,
    true,
  ]);
  // Phrases of the posting's own text, the same whether the title is shown or not.
  expect(samples.map(({ id, shortened: own }) => [id, own.length])).toEqual([
    ['a', 3],
    ['b', 3],
    ['c', 3],
  ]);
  expect(output.stdout).toMatch(/^Titles hidden$/m);
  expect(output.stdout).toMatch(/^search-quick 12 +1[0-2]\.\d /m);
  expect(output.stderr).toContain(`wrote context.json, context.html, context.svg in ${out}`);

  const state = join(beir, 'state');
  const kept = readdirSync(state);
  expect(kept).toHaveLength(3);
  for (const name of kept) {
    const text = readFileSync(join(state, name), 'utf8');
    writeFileSync(join(state, name), text.replace(/"text":"[^"]*"/, '"text":"Kept"'));
  }
  await run(args(rows, '--no-speed'));
  const again = report();
  expect(again.samples[0]?.shortened.map(({ text }) => text)).toEqual(['Kept', 'Kept', 'Kept']);
  expect(again.variants.titles.every(({ speed }) => speed === undefined)).toBe(true);
  expect(output.stdout).toContain('Candidates/s were not measured.');
}, 120_000);

test('refuses a folder without the data before it loads a model', async () => {
  const folder = temporaryFolder();
  await expect(run(['--beir', folder, '--model', join(folder, 'none')])).rejects.toThrow(
    /qrels.*dev\.tsv/,
  );
});
