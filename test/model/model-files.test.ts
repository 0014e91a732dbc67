import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { sha256 } from '../../src/base/files/sha256.ts';
import { assertSizes, verifyFiles } from '../../src/model/model-files.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const entry = (file: string, text: string) => ({ file, bytes: text.length, sha256: sha256(text) });
const model = {
  graphs: {
    cpu: { score: { layout: 'masked', attentionGroups: 4, ...entry('graph.onnx', 'graph') } },
  } as const,
  weights: entry('weights.bin', 'weights'),
  tokenizer: entry('tokenizer.json', '{}'),
};
const folder = () =>
  temporaryFolder({ 'graph.onnx': 'graph', 'weights.bin': 'weights', 'tokenizer.json': '{}' });

describe('the files of a model', () => {
  test('are verified one by one, each with a stamp', async () => {
    let reads = 0;
    const progress = { signal: new AbortController().signal, onRead: () => void (reads += 1) };
    const stamps = await verifyFiles(folder(), model, progress);
    expect(Object.keys(stamps)).toEqual(['graph.onnx', 'weights.bin', 'tokenizer.json']);
    expect(reads).toBeGreaterThanOrEqual(3);
  });

  test('are refused by size', async () => {
    const dir = folder();
    writeFileSync(join(dir, 'graph.onnx'), 'grap');
    const message = 'graph.onnx has 4 bytes; the manifest says 5';
    await expect(assertSizes(dir, model)).rejects.toThrow(message);
    await expect(verifyFiles(dir, model)).rejects.toThrow(message);
  });

  test('are refused by checksum, which a check of sizes does not read', async () => {
    const dir = folder();
    writeFileSync(join(dir, 'tokenizer.json'), '[]');
    await expect(assertSizes(dir, model)).resolves.toBeUndefined();
    await expect(verifyFiles(dir, model)).rejects.toThrow(
      `tokenizer.json has SHA-256 ${sha256('[]')}; the manifest says ${sha256('{}')}`,
    );
  });

  test('are named if they are missing', async () => {
    const dir = folder();
    rmSync(join(dir, 'weights.bin'));
    await expect(assertSizes(dir, model)).rejects.toMatchObject({
      kind: 'not-found',
      message: `${join(dir, 'weights.bin')} is missing; the manifest names it`,
    });
  });
});
