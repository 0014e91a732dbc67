import { readdir } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { buildRankGraph } from '../../../src/toolchain/graph/rank-graph.ts';
import {
  type GraphPlans,
  graphPlans,
  lengthsPlan,
  maskedPlan,
} from '../../../src/toolchain/graph/graph-plans.ts';
import { randomCheckpoint, tinyBlueprint, tinyLabelIds } from '../../support/models/tiny-model.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function build(plans: GraphPlans) {
  const outDir = temporaryFolder();
  const checkpoint = randomCheckpoint(tinyBlueprint('qwen3'));
  const options = { precision: 'fp16', labelIds: tinyLabelIds, plans, outDir } as const;
  const { graphs } = await buildRankGraph(checkpoint, options);
  return { graphs, files: (await readdir(outDir)).toSorted() };
}

test('each provider has a graph of its layout over the same weights', async () => {
  const { graphs, files } = await build(graphPlans('fp16'));
  expect(files).toEqual(['graph-cuda.onnx', 'graph.onnx', 'weights.bin']);
  expect(graphs.cpu.score).toMatchObject({ ...maskedPlan, file: 'graph.onnx' });
  const { layout, attentionGroups } = lengthsPlan;
  expect(graphs.cuda?.score).toEqual({
    layout,
    attentionGroups,
    file: 'graph-cuda.onnx',
    bytes: expect.any(Number),
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

test('providers with equal plans share a file, and int8 has no graph for CUDA', async () => {
  const { graphs, files } = await build({ cpu: maskedPlan, cuda: { ...maskedPlan } });
  expect(files).toEqual(['graph.onnx', 'weights.bin']);
  expect(graphs.cuda).toEqual(graphs.cpu);
  expect(graphPlans('int8')).toEqual({ cpu: maskedPlan });
});
