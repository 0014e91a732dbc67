import { describe, expect, it } from '@jest/globals';
import { dirname } from 'node:path';
import type { Manifest } from '../../src/manifest.ts';
import { createEncoderPool } from '../../src/pool/encoder-pool.ts';
import { findWorker } from '../../src/pool/worker-entry.ts';
import { createRequestEncoder } from '../../src/text/request-encoder.ts';
import { builtinTemplates } from '../../src/text/template.ts';
import { withTokenizerFile } from '../support/golden-tokenizer.ts';

const template = builtinTemplates.chatml;
const limits = { prefixTokens: 512, candidateTokens: 64, rowTokens: 1024 };
const task = {
  query: 'data engineer',
  instruction: undefined,
  context: undefined,
  candidates: [
    { title: 'Data Engineer', text: 'Builds pipelines. '.repeat(50) },
    { title: undefined, text: '' },
  ],
  truncation: 'end',
  maxCandidateTokens: undefined,
} as const;

function openPool(modelDir: string, file: string) {
  // All that the worker reads of a manifest.
  const manifest = { template, tokenizer: { file } } as Manifest;
  return createEncoderPool(findWorker('encode'), { modelDir, manifest, limits }, 1);
}

describe('the encode worker', () => {
  it('answers as the encoder does on this thread', async () => {
    await withTokenizerFile('qwen', async (tokenizerPath) => {
      const encoder = createRequestEncoder({ tokenizerPath, template, normalize: [], limits });
      const pool = openPool(dirname(tokenizerPath), 'tokenizer.json');
      await pool.warm();
      expect(encoder.encode(task)).toEqual({ ok: true, encoded: await pool.encode(task) });
      expect(await pool.tokenize(['<|im_end|>', ''])).toEqual(encoder.tokenize(['<|im_end|>', '']));
      await expect(pool.encode({ ...task, truncation: 'error' })).rejects.toMatchObject({
        kind: 'invalid-argument',
        violations: [{ field: 'candidates[0].text' }],
      });
      await pool.close();
    });
  });

  it('says why it cannot load, and lives on to say it again', async () => {
    const pool = openPool('/nowhere', 'tokenizer.json');
    for (let times = 0; times < 2; times++) {
      await expect(pool.warm()).rejects.toThrow(/ENOENT.*nowhere/);
    }
    await pool.close();
  });
});
