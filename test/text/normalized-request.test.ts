import { afterAll, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EncodeTask } from '../../src/encode/encode.ts';
import { createRequestEncoder } from '../../src/encode/request-encoder.ts';
import { builtinTemplates } from '../../src/text/builtin-templates.ts';
import { type NormalizeStep, normalizeSteps } from '../../src/text/normalize/normalize.ts';
import { createTemplate } from '../../src/text/template.ts';
import { readGoldenTokenizer } from '../support/models/golden-tokenizer.ts';

const candidateFirst = createTemplate({
  ...builtinTemplates.chatml,
  prefix: '{instruction}\n<Document>: ',
  suffix: '\n<Query>: {query}\n{context}Match:',
});
const limits = { prefixTokens: 500, candidateTokens: 100, rowTokens: 1000 };
const instruction = 'KEEP  THE <b>TEMPLATE</b>  AS IT IS WRITTEN';

/** Encoders with and without normalization, in both orders. Shared, because loading is slow. */
const dir = mkdtempSync(join(tmpdir(), 'slmrank-normalized-'));
const tokenizerPath = join(dir, 'tokenizer.json');
writeFileSync(tokenizerPath, readGoldenTokenizer('smollm2'));
afterAll(() => rmSync(dir, { recursive: true }));

const encoders = [builtinTemplates.chatml, candidateFirst].map((template) => {
  const create = (normalize: readonly NormalizeStep[] | undefined) =>
    createRequestEncoder({
      tokenizerPath,
      template: { ...template, instruction },
      normalize,
      limits,
    });
  return { normalizing: create(normalizeSteps), plain: create(undefined) };
});

function task(fields: Partial<EncodeTask>): EncodeTask {
  return {
    query: 'q',
    instruction: undefined,
    context: undefined,
    candidates: [{ title: undefined, text: 'text' }],
    truncation: 'end',
    maxCandidateTokens: undefined,
    ...fields,
  };
}

it.each([
  ['query', { query: '<p>NIGHT NURSE WANTED</p>' }, { query: 'night nurse wanted' }],
  ['context', { context: 'R&amp;D\u00a0lab ' }, { context: 'R&D lab' }],
  ['empty context', { context: '<br>' }, { context: undefined }],
  ['instruction', { instruction: ' FIND THE BEST ONES' }, { instruction: 'find the best ones' }],
  ['empty instruction', { instruction: '&nbsp;' }, { instruction: '' }],
  ['no instruction', {}, {}],
  [
    'title and text',
    { candidates: [{ title: '&lt;b&gt;Nurse&lt;/b&gt;', text: '<li>a<li>b' }] },
    { candidates: [{ title: 'Nurse', text: 'a\nb' }] },
  ],
  [
    'title of an empty text',
    { candidates: [{ title: 'Nurse', text: '<p>&nbsp;</p>' }] },
    { candidates: [{ title: 'Nurse', text: '' }] },
  ],
  [
    'empty title and text',
    { candidates: [{ title: '<b> </b>', text: '\u200b' }] },
    { candidates: [{ title: undefined, text: '' }] },
  ],
])('the %s of a request is normalized, in both orders', (_what, given, same) => {
  const isChanged = JSON.stringify(given) !== JSON.stringify(same);
  for (const { normalizing, plain } of encoders) {
    const outcome = normalizing.encode(task(given));
    expect(outcome).toEqual(plain.encode(task(same)));
    expect(outcome.ok).toBe(true);
    expect(JSON.stringify(plain.encode(task(given))) !== JSON.stringify(outcome)).toBe(isChanged);
  }
});

it('a text is cut, and counted when it is too long, after it is normalized', () => {
  const text = '<p>word&nbsp;</p>'.repeat(80);
  const given = task({ candidates: [{ title: undefined, text }], truncation: 'error' });
  for (const { normalizing, plain } of encoders) {
    expect(plain.encode(given)).toMatchObject({ ok: false });
    expect(normalizing.encode({ ...given, maxCandidateTokens: 50 })).toMatchObject({
      message: expect.stringMatching(/^candidates\[0\]\.text: has 1[56]\d tokens/),
    });
  }
});

it('tokenizes a text as it would be in a prompt', () => {
  for (const { normalizing, plain } of encoders) {
    expect(normalizing.tokenize(['<b>R&amp;D</b>', 'plain'])).toEqual(
      plain.tokenize(['R&D', 'plain']),
    );
  }
});

const unreadable = { title: '<br>', text: '<br>&nbsp;<!-- nothing -->\u200b' };
const readable = { title: undefined, text: '<p>Nurse</p>' };
const nothing = 'has nothing to read once markup and invisible characters are removed';

it.each(encoders)('a candidate that is empty after normalization is bad', (by) => {
  const asked = task({ candidates: [readable, unreadable] });
  const refused = by.normalizing.encode({ ...asked, onBadCandidate: 'refuse' });
  expect(refused).toMatchObject({
    ok: false,
    violations: [{ field: 'candidates[1].text', description: nothing }],
  });
  const skipping = by.normalizing.encode({ ...asked, onBadCandidate: 'skip' });
  const alone = by.normalizing.encode(task({ candidates: [readable] }));
  expect(skipping.ok && skipping.encoded.candidates).toEqual(alone.ok && alone.encoded.candidates);
  expect(skipping.ok && [...(skipping.encoded.skipped ?? [])]).toEqual([
    [1, { reason: 'BLANK', field: 'text', description: nothing }],
  ]);
  // Without a policy bad candidates are scored, and without normalization markup is text.
  expect(by.normalizing.encode(asked)).toMatchObject({ ok: true });
  expect(by.plain.encode({ ...asked, onBadCandidate: 'refuse' })).toMatchObject({ ok: true });
});

it.each(encoders)('a query that is empty after normalization is refused', (by) => {
  const asked = task({ query: '<p>&nbsp;</p>', onBadCandidate: 'skip' });
  expect(by.normalizing.encode(asked)).toMatchObject({
    ok: false,
    violations: [{ field: 'query', description: nothing }],
  });
  expect(by.plain.encode(asked)).toMatchObject({ ok: true });
});
