import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import * as ort from 'onnxruntime-node';
import { sessionSettings } from '../../../src/engine/session.ts';
import { countRunNodes, nodesPerLayer } from '../../support/models/count-nodes.ts';
import { lengthsPlan, maskedPlan } from '../../../src/toolchain/graph/graph-plans.ts';
import { parseModel } from '../../../src/toolchain/graph/onnx/model-proto.ts';
import { buildTinyModel, tinyBlueprint } from '../../support/models/tiny-model.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('nodes per layer', () => {
  test.each([
    ['llama', 39, 22, 19, 19],
    ['qwen2', 42, 25, 21, 20],
    ['qwen3', 43, 26, 20, 20],
  ] as const)('of %s: masked %d; lengths apart %d, paired %d, joined %d', (family, ...expected) => {
    const count = (plan: typeof maskedPlan) => nodesPerLayer(tinyBlueprint(family), plan);
    const lengths = (['apart', 'paired', 'joined'] as const).map((products) =>
      count({ ...lengthsPlan, products }),
    );
    expect([count(maskedPlan), ...lengths]).toEqual(expected);
  });

  test.each(['llama', 'qwen3'] as const)(
    'are no fewer than ONNX Runtime runs after its own optimization (%s)',
    async (family) => {
      const { dir, graph } = await buildTinyModel(family, { plan: lengthsPlan });
      const path = join(dir, graph.file);
      const optimized = join(temporaryFolder(), 'optimized.onnx');
      const session = await ort.InferenceSession.create(path, {
        ...sessionSettings({ provider: 'cpu', deviceId: 0, threads: 1 }),
        optimizedModelFilePath: optimized,
      });
      await session.release();
      const nodes = (file: string) => parseModel(readFileSync(file));
      // The Identity that names the output is removed, and joined weights are folded.
      expect(nodes(optimized).nodes).toHaveLength(countRunNodes(nodes(path)) - 1);
    },
  );
});

test('nodes of constants only are not counted', () => {
  const node = (inputs: string[], outputs: string[]) => ({
    op: 'Add',
    domain: '',
    inputs,
    outputs,
    attributes: {},
  });
  const inputs = [{ name: 'x', type: 'float32', dims: [1] } as const];
  const nodes = [node(['a', 'b'], ['c']), node(['c', 'x'], ['d']), node(['d', 'c'], ['e'])];
  expect(countRunNodes({ inputs, nodes })).toBe(2);
});
