import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import {
  assertNoneMissing,
  readCorpus,
  readJudgements,
  readQueries,
} from '../../../src/eval/data/beir.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

function jsonLines(...records: unknown[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join('');
}

describe('readCorpus', () => {
  test('keeps the wanted texts; a missing or null title is empty', async () => {
    const folder = temporaryFolder({
      'corpus.jsonl': jsonLines(
        { _id: 'a', title: 'A', text: 'one', metadata: {} },
        { _id: 'b', text: 'two' },
        { _id: 'c', title: null, text: '' },
      ),
    });
    expect([...(await readCorpus(folder, new Set(['b', 'c', 'x']))).values()]).toEqual([
      { id: 'b', title: '', text: 'two' },
      { id: 'c', title: '', text: '' },
    ]);
  });

  test('reads a gzipped corpus', async () => {
    const folder = temporaryFolder({ 'corpus.jsonl.gz': gzipSync('{"_id":"a","text":"one"}') });
    expect((await readCorpus(folder, new Set(['a']))).get('a')?.text).toBe('one');
  });

  test.each([
    ['{"_id":"a","text":"x"', /corpus\.jsonl:2: not JSON/],
    ['[1]', /corpus\.jsonl:2: is \[1\]; an object is needed/],
    ['{"text":"x"}', /corpus\.jsonl:2: '_id' is missing/],
    ['{"_id":"","text":"x"}', /corpus\.jsonl:2: '_id' is ""; text that is not empty/],
    ['{"_id":7,"text":"x"}', /corpus\.jsonl:2: '_id' is 7/],
    ['{"_id":"b"}', /corpus\.jsonl:2: 'text' is missing/],
    ['{"_id":"b","text":["x"]}', /corpus\.jsonl:2: 'text' is \["x"\]/],
    ['{"_id":"b","text":"x","title":3}', /corpus\.jsonl:2: 'title' is 3/],
    ['{"_id":"a","text":"x"}', /corpus\.jsonl:2: found a second text with _id "a"; .* once/],
  ])('refuses %s', async (line, message) => {
    const folder = temporaryFolder({ 'corpus.jsonl': `{"_id":"a","text":"x"}\n${line}\n` });
    await expect(readCorpus(folder, new Set(['a', 'b']))).rejects.toThrow(message);
  });

  test('names a folder without a corpus', async () => {
    await expect(readCorpus(temporaryFolder(), new Set())).rejects.toThrow(/corpus\.jsonl/);
  });
});

describe('readQueries', () => {
  test('reads the kind from the metadata when there is one', async () => {
    const folder = temporaryFolder({
      'queries.jsonl': jsonLines(
        { _id: '1', text: 'nurse', metadata: { kind: 'need' } },
        { _id: '2', text: 'cook', metadata: { soc: 'x' } },
        { _id: '3', text: 'clerk' },
      ),
    });
    expect([...(await readQueries(folder)).values()].map(({ kind }) => kind)).toEqual([
      'need',
      undefined,
      undefined,
    ]);
  });

  test.each([
    ['{"_id":"1","text":"y"}', /queries\.jsonl:2: found a second query with _id "1"/],
    ['{"_id":"2","text":"y","metadata":"z"}', /queries\.jsonl:2: 'metadata' is "z"/],
    ['{"_id":"2","text":"y","metadata":{"kind":1}}', /queries\.jsonl:2: 'metadata.kind' is 1/],
  ])('refuses %s', async (line, message) => {
    const folder = temporaryFolder({ 'queries.jsonl': `{"_id":"1","text":"x"}\n${line}` });
    await expect(readQueries(folder)).rejects.toThrow(message);
  });
});

describe('readJudgements', () => {
  const rows = 'q1\td1\t2\nq1\td2\t0\nq2\td1\t-1\n';
  const expected = new Map([
    [
      'q1',
      new Map([
        ['d1', 2],
        ['d2', 0],
      ]),
    ],
    ['q2', new Map([['d1', -1]])],
  ]);

  test('reads with a header and without', async () => {
    const header = 'query-id\tcorpus-id\tscore\n';
    const folder = temporaryFolder({
      'qrels/dev.tsv': `${header}${rows}`,
      'qrels/test.tsv': rows,
      'qrels/train.tsv.gz': gzipSync(rows.replaceAll('\n', '\r\n')),
    });
    expect(await readJudgements(folder, 'dev')).toEqual(expected);
    expect(await readJudgements(folder, 'test')).toEqual(expected);
    expect(await readJudgements(folder, 'train')).toEqual(expected);
  });

  test('accepts an equal judgement twice', async () => {
    const folder = temporaryFolder({ 'qrels/dev.tsv': 'q\td\t1\nq\td\t1\n' });
    expect(await readJudgements(folder, 'dev')).toEqual(new Map([['q', new Map([['d', 1]])]]));
  });

  test.each([
    ['q d 1', /dev\.tsv:2: found "q d 1"; expected query-id, corpus-id and score, tab-separated/],
    ['q\t0\td\t1', /dev\.tsv:2: found .*; expected query-id/],
    ['\td\t1', /dev\.tsv:2/],
    ['q\td\t', /dev\.tsv:2: found the score ""; expected a whole number up to 32/],
    ['q\td\tyes', /dev\.tsv:2: found the score "yes"/],
    ['q\td\t0.5', /dev\.tsv:2: found the score "0\.5"/],
    ['q\td\t1e9', /dev\.tsv:2: found the score "1e9"/],
    ['q1\td1\t3', /dev\.tsv:2: found grade 3 for "q1" and "d1"; expected the 2 of an earlier/],
  ])('refuses %j', async (line, message) => {
    const folder = temporaryFolder({ 'qrels/dev.tsv': `q1\td1\t2\n${line}\n` });
    await expect(readJudgements(folder, 'dev')).rejects.toThrow(message);
  });

  test('names a split that does not exist', async () => {
    await expect(readJudgements(temporaryFolder(), 'dev')).rejects.toThrow(
      /qrels: found neither dev\.tsv nor dev\.tsv\.gz/,
    );
  });
});

test('assertNoneMissing gives the number of missing ids and some examples', () => {
  const known = new Map([['a', 1]]);
  expect(() => assertNoneMissing('texts', ['a'], known)).not.toThrow();
  expect(() =>
    assertNoneMissing('texts that the corpus lacks', ['a', 'b', 'b', 'c'], known),
  ).toThrow('the run names 2 texts that the corpus lacks, such as "b", "c"');
});
