import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestHttp, type TestHttp } from '../../../support/serving/test-http.ts';

const assets = new URL('../../../../src/server/http/page/assets/', import.meta.url);

let server: TestHttp;
beforeAll(async () => {
  server = await startTestHttp({}, { metrics: () => Promise.resolve('slmrank_items 1\n') });
});
afterAll(() => server.close());

test.each(readdirSync(assets).filter((name) => name !== 'index.html'))(
  'serves %s',
  async (name) => {
    const { status, headers } = await fetch(`${server.url}/page/${name}`);
    expect(status).toBe(200);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  },
);

test('every module and style that the page asks for is there, and nothing from elsewhere', async () => {
  const seen = new Set<string>();
  const visit = async (path: string): Promise<void> => {
    if (seen.has(path)) {
      return;
    }
    seen.add(path);
    const response = await fetch(server.url + path);
    expect([path, response.status]).toEqual([path, 200]);
    const text = await response.text();
    const isOwn = !path.includes('/library/');
    expect(isOwn && /https?:\/\//.test(text)).toBe(false);
    const found = text.matchAll(/(?:from|src=|href=)\s*['"]([./][^'"]*)['"]/g);
    for (const [, reference = ''] of isOwn ? found : []) {
      await visit(new URL(reference, server.url + path).pathname);
    }
  };
  await visit('/');
  expect(seen.size).toBeGreaterThan(10);
});

test('/metrics is what the page reads', async () => {
  const response = await fetch(`${server.url}/metrics`);
  expect(await response.text()).toBe('slmrank_items 1\n');
});

interface TextModule {
  readonly clausesOf: (text: string) => readonly { readonly start: number; readonly end: number }[];
  readonly findCut: (
    text: string,
    tokens: number,
    countTokens: (texts: readonly string[]) => Promise<readonly number[]>,
  ) => Promise<number>;
}

interface CandidatesModule {
  readonly readCandidates: (pasted: string) => readonly object[];
  readonly writeCandidates: (candidates: readonly object[]) => string;
}

const load = async <T>(name: string): Promise<T> => (await import(new URL(name, assets).href)) as T;

describe('text.js', () => {
  test('clauses cover the text without gaps, and short ones stay with a neighbour', async () => {
    const { clausesOf } = await load<TextModule>('text.js');
    const text =
      'Greets visitors, answers telephones and files papers. Yes. Works at night; no travel.';
    const clauses = clausesOf(text);
    expect(clauses.map(({ start, end }) => text.slice(start, end))).toEqual([
      'Greets visitors, answers telephones and files papers. ',
      'Yes. Works at night; no travel.',
    ]);
    const long = clausesOf('Twenty-four letters at least. '.repeat(200));
    expect(long.length).toBeLessThanOrEqual(40);
    expect(long.at(-1)?.end).toBe(6000);
    expect(clausesOf('')).toEqual([]);
  });

  test('finds the last word that was read', async () => {
    const { findCut } = await load<TextModule>('text.js');
    const text = Array.from({ length: 200 }, (_, i) => `word${i}`).join(' ');
    const count = (texts: readonly string[]) =>
      Promise.resolve(texts.map((each) => each.split(' ').length));
    for (const tokens of [1, 2, 57, 199, 200, 500]) {
      const cut = await findCut(text, tokens, count);
      expect(text.slice(0, cut).split(' ')).toHaveLength(Math.min(tokens, 200));
    }
  });
});

describe('candidates.js', () => {
  test('reads lines and JSON lines, and writes what it reads', async () => {
    const { readCandidates, writeCandidates } = await load<CandidatesModule>('candidates.js');
    const found = readCandidates('A text.\n\n {"_id":7,"title":"T","text":"Another."}\n');
    expect(found).toEqual([
      { id: '', text: 'A text.' },
      { id: '7', title: 'T', text: 'Another.' },
    ]);
    expect(readCandidates(writeCandidates(found))).toEqual(found);
    expect(() => readCandidates('a\n{broken')).toThrow('line 2 starts with { but is not JSON');
  });

  test('the sample postings are the public ones of the demo', () => {
    const { query, candidates } = JSON.parse(
      readFileSync(new URL('samples.json', assets), 'utf8'),
    ) as { readonly query: string; readonly candidates: readonly object[] };
    expect(query).not.toBe('');
    expect(candidates.length).toBeGreaterThan(10);
  });
});
