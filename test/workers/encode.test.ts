import { describe, expect, it } from '@jest/globals';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sha256 } from '../../src/base/files/sha256.ts';
import { createRequestEncoder } from '../../src/encode/request-encoder.ts';
import type { Blueprint, Manifest } from '../../src/model/manifest.ts';
import { createEncoderPool } from '../../src/pool/encoders/encoder-pool.ts';
import { findWorker } from '../../src/pool/threads/worker-entry.ts';
import { builtinTemplates } from '../../src/text/builtin-templates.ts';
import { withTokenizerFile } from '../support/models/golden-tokenizer.ts';

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

function openPool(modelDir: string, file: string, blueprint: Partial<Blueprint> = {}) {
  const bytes = existsSync(join(modelDir, file)) ? readFileSync(join(modelDir, file)) : '';
  // All that the worker reads of a manifest.
  const manifest = {
    template,
    tokenizer: { file, sha256: sha256(bytes) },
    blueprint: { vocabulary: 1 << 20, ...blueprint },
  } as Manifest;
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

  it('reports why it cannot load, and keeps running', async () => {
    const pool = openPool('/nowhere', 'tokenizer.json');
    for (let times = 0; times < 2; times++) {
      await expect(pool.warm()).rejects.toThrow(/ENOENT.*nowhere/);
    }
    await pool.close();
  });

  it('refuses another tokenizer than the verified one, also when its thread starts later', async () => {
    await withTokenizerFile('qwen', async (tokenizerPath) => {
      const pool = openPool(dirname(tokenizerPath), 'tokenizer.json');
      appendFileSync(tokenizerPath, ' ');
      const late = openPool(dirname(tokenizerPath), 'tokenizer.json');
      await late.warm();
      await expect(pool.warm()).rejects.toThrow(
        /tokenizer\.json is not the file that was verified: it has SHA-256 [0-9a-f]{64}, the manifest says /,
      );
      await Promise.all([pool.close(), late.close()]);
    });
  });

  it('refuses a tokenizer with ids that the embedding has no row for', async () => {
    await withTokenizerFile('qwen', async (tokenizerPath) => {
      const pool = openPool(dirname(tokenizerPath), 'tokenizer.json', { vocabulary: 1000 });
      await expect(pool.warm()).rejects.toMatchObject({ kind: 'unavailable' });
      await expect(pool.warm()).rejects.toThrow(
        /gives the token .* the id \d+; the model's embedding has 1000 rows, for ids 0 to 999/,
      );
      await pool.close();
    });
  });
});
