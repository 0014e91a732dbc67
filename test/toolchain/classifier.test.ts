import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readManifest } from '../../src/model/manifest.ts';
import { parseBlueprint } from '../../src/toolchain/checkpoint/config/blueprint.ts';
import { buildModel, type BuildOptions } from '../../src/toolchain/build/build-model.ts';
import { asObject } from '../../src/toolchain/files/limited-json.ts';
import { openCheckpoint } from '../../src/toolchain/checkpoint/open-checkpoint.ts';
import { quantizeCheckpoint } from '../../src/toolchain/quantize/quantize-checkpoint.ts';
import { verifyModel } from '../../src/toolchain/verify/verify-model.ts';
import { ggufBytes, metadata } from '../support/checkpoints/gguf.ts';
import { tinyBlueprint, tinyConfig, tinyGguf } from '../support/checkpoints/tiny.ts';
import {
  readTinyGolden,
  tinyBuildOptions,
  type TinyCheckpoint,
  tinyPath,
} from '../support/checkpoints/hf-tiny.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function build(name: TinyCheckpoint, changes: Partial<BuildOptions> = {}) {
  const lines: string[] = [];
  const to = join(temporaryFolder(), 'built');
  const options = { ...tinyBuildOptions(name, to), onProgress: (line: string) => lines.push(line) };
  const manifest = await buildModel({ ...options, ...changes });
  return { manifest, to, notice: lines.find((line) => line.includes('classifier')) };
}

/** A copy of a tiny folder whose config.json has other fields. */
function changedFolder(name: TinyCheckpoint, fields: Record<string, unknown>): string {
  const folder = temporaryFolder();
  cpSync(tinyPath(name), folder, { recursive: true });
  const path = join(folder, 'config.json');
  const config = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  writeFileSync(path, JSON.stringify({ ...config, ...fields }));
  return folder;
}

function parse(fields: Record<string, unknown>) {
  const architectures = ['LlamaForSequenceClassification'];
  return parseBlueprint(asObject(tinyConfig({ architectures, ...fields }), 'c'), 'c');
}

describe('a sequence classifier', () => {
  it.each([
    ['qwen3-score-1', ['LABEL_0'], 1, 0, /the one row of its head is the logit of 'yes', and/],
    ['qwen2-score-2', ['LABEL_0', 'LABEL_1'], 1, 0, /row 1 of its head is 'yes', row 0 'no'/],
    ['llama-score-named', ['yes', 'no'], 0, 1, /row 0 of its head is 'yes', row 1 'no'/],
    ['qwen3-reranker-q5_0', ['yes', 'no'], 0, 1, /row 0 of its head is 'yes', row 1 'no'/],
  ] as const)('%s: the manifest and a notice name the rows of its head', async (...given) => {
    const [name, classes, yes, no, words] = given;
    const { manifest, to, notice } = await build(name);
    expect(manifest.blueprint).toMatchObject({ classes, tiedHead: false });
    expect(manifest.labels).toEqual({ yes: { text: 'yes', id: yes }, no: { text: 'no', id: no } });
    expect(await readManifest(to)).toEqual(manifest);
    expect(notice).toMatch(words);
  });

  it('without class names has class 0 for no and class 1 for yes', async () => {
    const { manifest } = await build('qwen2-score-2', { labels: ['relevant', 'not relevant'] });
    expect(manifest.labels.yes).toEqual({ text: 'relevant', id: 1 });
    const plain = await build('qwen2-score-2');
    expect(manifest.fingerprint).toBe(plain.manifest.fingerprint);
  });

  it('refuses labels that are not among its class names', async () => {
    const id2label = { 0: 'off topic', 1: 'on topic' };
    const from = changedFolder('qwen2-score-2', { id2label });
    await expect(build('qwen2-score-2', { from })).rejects.toThrow(
      /^label 'yes' is not a class of \S+, which has "off topic" and "on topic"; name them with --labels/,
    );
    const { manifest } = await build('qwen2-score-2', { from, labels: ['on topic', 'off topic'] });
    expect(manifest.labels.yes.id).toBe(1);
    const same = { from, labels: ['on topic', 'on topic'] as const };
    await expect(build('qwen2-score-2', same)).rejects.toThrow(/two words are needed/);
  });

  it('is refused without its head, which the message names', async () => {
    const folder = changedFolder('llama', { architectures: ['LlamaForSequenceClassification'] });
    await expect(build('llama', { from: folder })).rejects.toThrow(
      `the tensor "score.weight" is missing from ${folder}/model.safetensors`,
    );
  });

  it('keeps its head in floats in the compact form, with the same classes', async () => {
    const compact = join(temporaryFolder(), 'compact');
    await quantizeCheckpoint({
      from: tinyPath('llama-score-named'),
      to: compact,
      labels: ['yes', 'no'],
      floats: [],
      calibration: undefined,
      onProgress: () => undefined,
    });
    const checkpoint = await openCheckpoint(compact);
    const original = await openCheckpoint(tinyPath('llama-score-named'));
    expect(await checkpoint.readTensor('score.weight')).toEqual(
      await original.readTensor('score.weight'),
    );
    await checkpoint.close();
    await original.close();
    const { manifest } = await build('llama-score-named', { from: compact, precision: 'int8' });
    expect(manifest.labels).toEqual((await build('llama-score-named')).manifest.labels);
  });

  it('is compared with its golden by the ids of its classes', async () => {
    const { to } = await build('llama-score-named', { labels: ['no', 'yes'] });
    const device = { provider: 'cpu', deviceId: 0 } as const;
    const options = { dir: to, device, threads: 1, onProgress: () => undefined };
    const golden = readTinyGolden('llama-score-named');
    await expect(verifyModel({ ...options, golden })).rejects.toThrow(
      "its labels have the ids 0,1; the model's have 1,0",
    );
  });
});

describe('the classes of a config.json', () => {
  it.each([
    ['two by default', {}, ['LABEL_0', 'LABEL_1']],
    ['those of id2label', { id2label: { 0: 'LABEL_0' } }, ['LABEL_0']],
    ['num_labels without names', { num_labels: 1 }, ['LABEL_0']],
    ['two with a softmax', { problem_type: 'single_label_classification' }, undefined],
    ['two with a null problem_type', { problem_type: null }, undefined],
  ])('are %s', (_, fields, classes = ['LABEL_0', 'LABEL_1']) => {
    expect(parse(fields).classes).toEqual(classes);
  });

  it.each([
    [{ num_labels: 3 }, /"num_labels": the number of classes is 3; allowed: 1 \(yes\), or 2/],
    [{ id2label: { 0: 'a', 1: 'b', 2: 'c' } }, /"id2label": the number of classes is 3/],
    [
      { problem_type: 'multi_label_classification' },
      /"problem_type": the value is "multi_label_classification"; allowed: "single_label/,
    ],
    [
      { num_labels: 1, problem_type: 'regression' },
      /"problem_type": the value is "regression"; allowed: none/,
    ],
    [{ id2label: { 0: 7, 1: 'b' } }, /"id2label": "0": the value is 7; allowed: text/],
  ])('are refused: %j', (fields, message) => {
    expect(() => parse(fields)).toThrow(message);
  });
});

describe('a GGUF with a head of classes', () => {
  const classes = ['yes', 'no'];
  const spec = tinyGguf({ ...tinyBlueprint, tiedHead: false, classes });
  const open = async (...more: typeof spec.metadata) => {
    const path = join(temporaryFolder(), 'tiny.gguf');
    writeFileSync(path, ggufBytes({ ...spec, metadata: [...spec.metadata, ...more] }));
    return openCheckpoint(path);
  };
  const strings = (...names: string[]) => metadata.strings('llama.classifier.output_labels', names);

  it('names its rows', async () => {
    const checkpoint = await open(strings(...classes));
    expect(checkpoint.blueprint.classes).toEqual(classes);
    expect(checkpoint.shapes.get('score.weight')).toEqual([2, 8]);
    await checkpoint.close();
  });

  it('with more than two labels, or two unnamed rows, is refused', async () => {
    await expect(open(strings('a', 'b', 'c'))).rejects.toThrow(
      /"llama.classifier.output_labels": the number of labels is 3; allowed: 1 or 2/,
    );
    await expect(open()).rejects.toThrow(
      /tensor "cls.output.weight": the shape is \[2,8\]; allowed: \[1, 8\]/,
    );
  });
});
