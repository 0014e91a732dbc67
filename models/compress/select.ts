/**
 * Writes this folder's lists, always the same ones:
 *
 *     node --import tsx models/compress/select.ts JOBS_BENCH_TRAIN ONET_TITLES_TRAIN
 *
 * probes.txt: short titles that a search asks the ranker about; judges.txt: others, to measure its
 * results by; held-out.txt: ids of postings for measuring, which no table may read.
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { sha256 } from '../../src/base/files/sha256.ts';
import { readPassages, readQueries } from '../../src/eval/data/beir.ts';

const sizes = { heldOut: 150, each: 600, ofBench: 450 } as const;
const mostWords = 4;

/** In an order that has nothing to do with the contents. */
function shuffled(texts: Iterable<string>): readonly string[] {
  const keyed = [...new Set(texts)].map((text) => ({ text, key: sha256(text) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ text }) => text);
}

async function readTitles(folder: string): Promise<readonly string[]> {
  const queries = [...(await readQueries(folder)).values()];
  const titles = queries.filter(({ kind }) => kind !== 'need').map(({ text }) => text);
  return shuffled(titles.filter((title) => title.split(' ').length <= mostWords));
}

async function write(name: string, lines: readonly string[]): Promise<void> {
  await writeFile(fileURLToPath(new URL(name, import.meta.url)), `${lines.join('\n')}\n`);
}

const [bench, onet] = process.argv.slice(2);
if (bench === undefined || onet === undefined) {
  throw new Error('two folders are needed: of jobs-bench/train and of onet-titles/train');
}
const postings = await readPassages(join(bench, 'corpus.jsonl.gz'));
await write('held-out.txt', [...shuffled(postings.keys()).slice(0, sizes.heldOut)].sort());
const ofBench = await readTitles(bench);
const ofOnet = (await readTitles(onet)).filter((title) => !ofBench.includes(title));
const probes = [...ofBench.slice(0, sizes.ofBench), ...ofOnet.slice(0, sizes.each - sizes.ofBench)];
const others = [...ofBench.slice(sizes.ofBench), ...ofOnet.slice(sizes.each - sizes.ofBench)];
await write('probes.txt', [...probes].sort());
await write('judges.txt', [...others.slice(0, sizes.each)].sort());
