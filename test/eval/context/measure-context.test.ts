import { describe, expect, test } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import {
  measureContext,
  type MeasureContextInput,
  type MeasureSpeed,
  type ShortenedRow,
} from '../../../src/eval/context/measure-context.ts';
import { fakeEncoding } from '../rank/fake-pairs.ts';
import { maskedPlan } from '../../../src/toolchain/graph/graph-plans.ts';

const ids = ['a', 'b', 'c'];
const corpus = new Map(
  ids.map((id, i) => [id, { id, title: `Title ${id}`, text: 'x'.repeat(10 * (i + 1)) }]),
);
const textsOf = (...lengths: readonly number[]) =>
  new Map(ids.map((id, i) => [id, 'y'.repeat(at(lengths, i))]));

function rowOf(method: string, budget: number | undefined, texts: ReadonlyMap<string, string>) {
  const name = budget === undefined ? method : `${method} ${budget}`;
  const both = { titles: texts, 'no-titles': texts };
  return { name, method, budget, version: undefined, postingsPerSecond: undefined, texts: both };
}

const raw = rowOf('raw', undefined, textsOf(10, 20, 30));
const titleAlone: ShortenedRow = {
  ...rowOf('title', 0, textsOf(0, 0, 0)),
  texts: { titles: textsOf(0, 0, 0), 'no-titles': undefined },
};

/** The longer a text, the better the model likes it; `c` is relevant for both queries. */
function measure(rows: readonly ShortenedRow[], change: Partial<MeasureContextInput> = {}) {
  return measureContext({
    data: {
      run: new Map(['0', '1'].map((query) => [query, ids.map((id) => ({ id, score: 0 }))])),
      queries: new Map(['0', '1'].map((id) => [id, { id, text: id, kind: undefined }])),
      corpus,
      judgements: new Map(['0', '1'].map((query) => [query, new Map([['c', 1]])])),
      hashes: { corpus: '', queries: '', qrels: '', run: '' },
    },
    dataName: 'jobs/dev',
    split: 'dev',
    engine: {
      ...fakeEncoding('query-first', 1),
      plan: maskedPlan,
      runners: [
        {
          name: 'cpu#0',
          run: ({ tokens }) =>
            Promise.resolve({ ok: true, logits: Float32Array.of(tokens / 10, 0), runMs: 0 }),
        },
      ],
    },
    model: { name: 'tiny', fingerprint: 'f' },
    devices: 'cpu#0',
    speedRounds: 0,
    rows,
    measureSpeed: undefined,
    onProgress: () => undefined,
    ...change,
  });
}

describe('measureContext', () => {
  test('compares rows with the raw texts, and with the search of the same budget', async () => {
    const report = await measure([
      raw,
      rowOf('head', 9, textsOf(2, 3, 1)),
      rowOf('search-normal', 9, textsOf(1, 3, 2)),
      rowOf('search-full', 9, textsOf(1, 2, 3)),
      rowOf('head', 5, textsOf(1, 2, 3)),
    ]);
    const rows = report.variants['no-titles'];
    // c is first, third, second and twice first.
    const means = [1, 1 / 2, 1 / Math.log2(3), 1, 1];
    expect(rows.map(({ figures }) => figures.ndcg10.mean)).toEqual(
      means.map((value) => expect.closeTo(value)),
    );
    expect(rows.map(({ figures }) => figures.reduction)).toEqual([1, 10, 10, 10, 10]);
    expect(rows.map(({ figures }) => figures.tau)).toEqual([
      1,
      expect.closeTo(-1 / 3),
      expect.closeTo(1 / 3),
      1,
      1,
    ]);
    // The first search with 9 tokens is compared with no other, and 5 tokens with none.
    expect(rows.map(({ againstSearch }) => againstSearch?.mean)).toEqual([
      undefined,
      expect.closeTo(Math.log2(3) / 2 - 1),
      undefined,
      expect.closeTo(Math.log2(3) - 1),
      undefined,
    ]);
    expect(report.data).toEqual({
      name: 'jobs/dev',
      split: 'dev',
      queries: 2,
      candidates: 3,
      pairs: 6,
    });
    expect(report.variants.titles).toHaveLength(5);
  });

  test('measures the title alone only where titles are shown, and has no sample of it', async () => {
    const report = await measure([raw, titleAlone, rowOf('head', 9, textsOf(1, 2, 3))]);
    expect(report.variants.titles.map(({ name }) => name)).toEqual(['raw', 'title 0', 'head 9']);
    expect(report.variants['no-titles'].map(({ name }) => name)).toEqual(['raw', 'head 9']);
    expect(report.samples).toEqual(
      ids.map((id, i) => ({
        id,
        title: `Title ${id}`,
        raw: 'x'.repeat(10 * (i + 1)),
        shortened: [{ method: 'head', budget: 9, text: 'y'.repeat(i + 1) }],
      })),
    );
  });

  test('gives each row the speed of its own texts', async () => {
    const asked: string[] = [];
    const told: string[] = [];
    const measureSpeed: MeasureSpeed = (rows, variant) => {
      const lengths = rows.map(({ corpus: own }) => own.get('c')?.text.length ?? NaN);
      asked.push(`${variant} ${lengths.join()}`);
      const ratio = { median: 1, low: 1, high: 1 };
      return Promise.resolve(lengths.map((each) => ({ candidatesPerSecond: 60 / each, ratio })));
    };
    const rows = [raw, titleAlone, rowOf('head', 9, textsOf(1, 2, 3))];
    const { variants } = await measure(rows, {
      measureSpeed,
      onProgress: (line) => told.push(line),
    });
    expect(asked).toEqual(['titles 30,0,3', 'no-titles 30,3']);
    const speeds = variants['no-titles'].map(({ speed }) => speed?.candidatesPerSecond);
    expect(speeds).toEqual([2, 20]);
    expect(told).toContain("no-titles: scoring 'head 9'");
  });

  test('fails with the error of the model', async () => {
    const engine = {
      ...fakeEncoding('query-first', 1),
      plan: maskedPlan,
      runners: [
        {
          name: 'cpu#0',
          run: () => Promise.resolve({ ok: false, kind: 'internal', message: 'broken' } as const),
        },
      ],
    };
    await expect(measure([raw], { engine })).rejects.toThrow('broken');
  });
});
