import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EncodedRequest } from '../../src/batch/packed-batch.ts';
import type { EncodeTask } from '../../src/encode/encode.ts';
import { createRequestEncoder } from '../../src/encode/request-encoder.ts';
import { builtinTemplates } from '../../src/text/builtin-templates.ts';
import { readGoldenTokenizer } from '../support/models/golden-tokenizer.ts';

const dir = mkdtempSync(join(tmpdir(), 'slmrank-known-ids-'));
const tokenizerPath = join(dir, 'tokenizer.json');
writeFileSync(tokenizerPath, readGoldenTokenizer('smollm2'));
afterAll(() => rmSync(dir, { recursive: true }));

const encoder = createRequestEncoder({
  tokenizerPath,
  template: builtinTemplates.chatml,
  normalize: [],
  limits: { prefixTokens: 1024, candidateTokens: 512, rowTokens: 2048 },
});

function encode(task: Partial<EncodeTask>): EncodedRequest {
  const outcome = encoder.encode({
    query: 'data engineer',
    instruction: undefined,
    context: undefined,
    candidates: [],
    truncation: 'end',
    maxCandidateTokens: undefined,
    ...task,
  });
  if (!outcome.ok) {
    throw new Error(outcome.message);
  }
  return outcome.encoded;
}

describe('a candidate with known token ids', () => {
  const title = 'Data Engineer';
  const text = 'Builds pipelines in Spark.';
  const [plain] = encode({ candidates: [{ title, text }] }).candidates;
  const row = plain?.ids ?? new Int32Array(0);
  const ids = row.slice(0, plain?.tokens);

  it('has the same row as its text, and the text is not read', () => {
    const [known] = encode({
      candidates: [{ title: 'ignored', text: 'ignored too', ids }],
    }).candidates;
    expect(ids.length).toBeGreaterThan(4);
    expect(known).toEqual({ ids: row, tokens: ids.length, truncated: false });
  });

  it('is encoded from its text when the ids exceed the budget', () => {
    const maxCandidateTokens = ids.length - 2;
    const [cut] = encode({
      maxCandidateTokens,
      candidates: [{ title, text, ids }],
    }).candidates;
    expect(cut).toMatchObject({ tokens: maxCandidateTokens, truncated: true });
    expect(cut?.ids.slice(0, maxCandidateTokens)).toEqual(ids.slice(0, maxCandidateTokens));
  });
});
