import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseConfig } from '../../../src/config/config.ts';
import { openPairEngine } from '../../../src/eval/rank/open-pair-engine.ts';
import { buildHfTiny } from '../../support/checkpoints/hf-tiny.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const settings = { SLMRANK_DEVICES: 'cpu:2', SLMRANK_TOKEN_BUDGET: '512' };

test('opens one warm replica per slot, with the order and budgets of model and settings', async () => {
  const model = temporaryFolder();
  const manifest = await buildHfTiny('llama', model, 'candidate-first');
  const engine = await openPairEngine({ ...parseConfig(settings, []), model }, manifest);
  try {
    expect(engine.order).toBe('candidate-first');
    expect(engine.tokenBudget).toBe(512);
    expect(engine.plan).toEqual(manifest.graphs.cpu.score);
    expect(engine.runners.map(({ name }) => name)).toEqual(['cpu#0', 'cpu#1']);
  } finally {
    await engine.close();
  }
}, 60_000);

test('rejects when the model does not load', async () => {
  const model = temporaryFolder();
  const manifest = await buildHfTiny('llama', model);
  const { file, bytes } = manifest.graphs.cpu.score;
  writeFileSync(join(model, file), Buffer.alloc(bytes));
  await expect(openPairEngine({ ...parseConfig(settings, []), model }, manifest)).rejects.toThrow(
    /did not load: .*graph\.onnx is not the file that was verified/,
  );
}, 60_000);
