import { expect, test } from '@jest/globals';
import { at } from '../../../../src/base/at.ts';
import { firstRerank, secondRerank } from '../../../../src/server/http/shapes/rerank.ts';
import type { Shape } from '../../../../src/server/http/shapes/shape.ts';
import { rankedOf } from '../../../support/serving/ranked.ts';

const read = ({ read: readBody }: Shape, body: object) => readBody(body as never);
const documents = ['a', 'b'];

test('version 2: fields become those of a rank request', () => {
  const body = { query: 'q', documents, top_n: 1, max_tokens_per_doc: 24, model: 'tiny' };
  const asked = read(secondRerank, { ...body, priority: 1 });
  expect(asked.forms).toMatchObject([
    { query: 'q', topN: 1, maxCandidateTokens: 24, model: 'tiny', priority: 'deferrable' },
  ]);
  expect(read(secondRerank, body).forms).toMatchObject([{ priority: 'interactive' }]);
});

test('version 1: documents are texts, texts with titles, or ids; nulls count as absent', () => {
  const given = ['a', { text: 'b', title: 'B' }, { id: 'stored-1' }];
  const [form] = read(firstRerank, {
    query: 'q',
    documents: given,
    top_n: null,
    model: null,
  }).forms;
  expect(form?.candidates).toEqual([
    { id: '', text: 'a' },
    { id: '', text: 'b', title: 'B' },
    { id: 'stored-1', text: '', title: undefined },
  ]);
  expect(form).toMatchObject({ topN: undefined, model: undefined });
});

test('spans are the kept parts of stored items, from the threshold on and as many as asked', () => {
  const stored = {
    source: 'SUMMARY',
    version: 1n,
    kept: [
      { start: 0, end: 4 },
      { start: 9, end: 12 },
    ],
  } as const;
  const body = { query: 'q', documents };
  const spansOf = (spans: object) => {
    const { forms, write } = read(secondRerank, { ...body, relevant_spans: spans });
    const reply = write([rankedOf(at(forms, 0), [0.9, 0.05], stored)], 'r') as {
      readonly results: readonly { readonly relevant_spans?: readonly object[] }[];
    };
    return reply.results.map(({ relevant_spans: found }) => found);
  };
  expect(spansOf({ mode: 'enabled' })).toEqual([
    [
      { start: 0, end: 4, score: 0.9 },
      { start: 9, end: 12, score: 0.9 },
    ],
    undefined,
  ]);
  expect(spansOf({ mode: 'enabled', max_spans: 1, threshold: 0 })).toEqual([
    [{ start: 0, end: 4, score: 0.9 }],
    [{ start: 0, end: 4, score: 0.05 }],
  ]);
  expect(spansOf({ mode: 'disabled' })).toEqual([undefined, undefined]);
});
