import { expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  huggingFaceConfig,
  writeHuggingFace,
} from '../../../../bench/peers/weights/hugging-face.ts';
import { assertEqualWeights } from '../../../../bench/peers/weights/model-files.ts';
import { smolBlueprint } from '../../../../bench/ladder/model.ts';

const llama = 'test/golden/logits-tiny/llama';

test('the folder has the same weights as the checkpoint, bit for bit', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'peers-'));
  try {
    const folder = join(dir, 'folder');
    await writeHuggingFace(llama, folder);
    await assertEqualWeights(llama, folder);
    const rounded = 'test/golden/logits-tiny/llama-q8_0.gguf';
    await expect(assertEqualWeights(rounded, folder)).rejects.toThrow(/ differs: /);
  } finally {
    await rm(dir, { recursive: true });
  }
});

test('a family without an adapter is refused', () => {
  expect(() => huggingFaceConfig({ ...smolBlueprint, family: 'qwen3' })).toThrow(
    'the model is of the family qwen3',
  );
});
