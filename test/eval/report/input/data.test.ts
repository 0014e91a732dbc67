import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readOrder, readParetoData } from '../../../../src/eval/report/input/data.ts';
import { setUpPareto, trec } from '../../../support/pareto-set-up.ts';

const read = (folder: string, limit = Infinity) =>
  readParetoData({ beir: folder, split: 'dev', run: join(folder, 'runs/pool.trec.gz'), limit });

test('reads the judged queries, at most `limit`, with their candidates and the hashes of the files', async () => {
  const { folder } = setUpPareto('models');
  const all = await read(folder);
  expect([...all.run.keys()]).toEqual(['q1', 'q2', 'q3']);
  expect([...all.corpus.keys()]).toEqual(['a', 'b', 'c']);
  expect(Object.values(all.hashes).every((hash) => /^[0-9a-f]{64}$/.test(hash))).toBe(true);
  const two = await read(folder, 2);
  expect([...two.run.keys()]).toEqual(['q1', 'q2']);
  expect(two.hashes).toEqual(all.hashes);
});

test('leaves out queries without judgements', async () => {
  const { folder } = setUpPareto('models');
  writeFileSync(join(folder, 'qrels/dev.tsv'), 'q2\tc\t1');
  expect([...(await read(folder)).run.keys()]).toEqual(['q2']);
});

test('reads another order of the same candidates, and refuses other candidates', async () => {
  const { folder } = setUpPareto('models');
  const data = await read(folder);
  const order = await readOrder(join(folder, 'embedder.24.trec'), data);
  expect(order.get('q3')?.map(({ id }) => id)).toEqual(['b', 'c', 'a']);
  const other = join(folder, 'other.trec');
  writeFileSync(other, trec(['b', 'c', 'd']));
  await expect(readOrder(other, data)).rejects.toThrow(
    'query q1 has 3 candidates that are not the 3 of the first stage',
  );
});
