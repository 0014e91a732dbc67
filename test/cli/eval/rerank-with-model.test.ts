import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import { parseEvalOptions } from '../../../src/cli/eval/eval-options.ts';
import { rerankWithModel } from '../../../src/cli/eval/rerank-with-model.ts';
import type { RerankInput } from '../../../src/eval/rank/rerank.ts';
import { captureOutput } from '../../support/captured-output.ts';
import { buildHfTiny } from '../../support/checkpoints/hf-tiny.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const output = captureOutput();

const ids = ['a', 'b'];
const queryIds = ['q1', 'q2', 'q3'];
const input: RerankInput = {
  run: new Map(queryIds.map((query) => [query, ids.map((id, i) => ({ id, score: -i }))])),
  queries: new Map(queryIds.map((id) => [id, { id, text: id, kind: 'need' }])),
  corpus: new Map(ids.map((id) => [id, { id, title: 'T', text: `text ${id}` }])),
};

const optionsOf = (model: string, ...more: string[]) =>
  parseEvalOptions([
    '--beir=d',
    '--split=s',
    '--run=r',
    `--model=${model}`,
    '--devices=cpu:1',
    ...more,
  ]);

test('ranks a candidate-first model directly, with the scores of the serving pipeline', async () => {
  const model = temporaryFolder();
  const { name, fingerprint } = await buildHfTiny('llama', model, 'candidate-first');
  const direct = await rerankWithModel(input, optionsOf(model, '--perturb', 'upper,html'));
  expect(direct.report).toMatchObject({
    name,
    fingerprint,
    devices: 'cpu#0',
    way: 'direct',
    queries: 3,
    plannedQueries: 3,
    candidates: 6,
    interrupted: false,
  });
  expect([...(direct.perturbed?.runs.keys() ?? [])]).toEqual(['upper', 'html']);
  expect(output.stderr).toMatch(
    /^Loading .* on 1 device slots\n[^]*\nPerturbation 1 of 2: upper\n[^]*6 of 6 candidates, 100 %[^]*2: html\n/,
  );
  const served = await rerankWithModel(input, optionsOf(model, '--served'));
  expect([served.report.way, served.perturbed]).toEqual(['served', undefined]);
  expect([...served.reranked.run.keys()]).toEqual(queryIds);
  for (const [query, entries] of served.reranked.run) {
    const others = direct.reranked.run.get(query) ?? [];
    expect(others.map(({ id }) => id)).toEqual(entries.map(({ id }) => id));
    entries.forEach(({ score }, i) => expect(at(others, i).score).toBeCloseTo(score, 4));
  }
}, 240_000);

test.each(['--direct', '--served'])(
  'fails with %s when the model does not load',
  async (way) => {
    const model = temporaryFolder();
    const { graphs } = await buildHfTiny('llama', model);
    const graph = graphs.cpu.score;
    writeFileSync(join(model, graph.file), Buffer.alloc(graph.bytes));
    await expect(rerankWithModel(input, optionsOf(model, way))).rejects.toThrow(
      /^cpu#0 did not load: .*graph\.onnx is not the file that was verified: /,
    );
  },
  120_000,
);
