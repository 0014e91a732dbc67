import { expect, test } from '@jest/globals';
import { createTokenEstimate } from '../../src/pipeline/estimate-tokens.ts';
import { testRequest } from '../support/tiny-pipeline.ts';

const template = {
  ...{ prefix: 'ask:{query}{instruction}{context}', context: '{context}', title: '{title}' },
  ...{ suffix: 'y or n: ', instruction: 'findthis' },
};
const estimate = createTokenEstimate(template, 10);
const of = (request: ReturnType<typeof testRequest>) => estimate(request, request.candidates);

test('four characters are a token: the prefix once, each candidate with the suffix', () => {
  // 4 + 8 of the template and 4 of the query; 8 and 3 of the candidates, 8 of the suffix.
  expect(of(testRequest('abcd', ['12345678', '123']))).toEqual({
    prefixTokens: 4,
    packedTokens: 4 + (2 + 2) + (1 + 2),
  });
});

test("the request's own instruction and context count, and titles", () => {
  const own = testRequest('abcd', ['1234'], { instruction: 'i', context: 'twelve chars' });
  expect(of(own).prefixTokens).toBe(6);
  const titled = own.candidates.map((candidate) => ({ ...candidate, title: '12345678' }));
  expect(estimate(own, titled).packedTokens).toBe(6 + 3 + 2);
});

test('candidate-first, query and context count with every candidate', () => {
  const swapped = { ...template, prefix: 'ask:{instruction}', suffix: 'y or n: {query}{context}' };
  const candidateFirst = createTokenEstimate(swapped, 10);
  const request = testRequest('abcd', ['12345678', '123'], { context: 'four' });
  // 4 + 8 of the prefix; 8 and 3 of the candidates, 8 + 4 + 4 of the suffix.
  expect(candidateFirst(request, request.candidates)).toEqual({
    prefixTokens: 3,
    packedTokens: 3 + (2 + 4) + (1 + 4),
  });
});

test('a candidate counts for no more than it may keep', () => {
  expect(of(testRequest('abcd', ['x'.repeat(1_000)])).packedTokens).toBe(4 + 10 + 2);
});
