import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { JsonRecord } from '../../../src/base/files/json-record.ts';
import { type Manifest, parseTemplate } from '../../../src/model/manifest.ts';
import { type BuildOptions, buildModel } from '../../../src/toolchain/build/build-model.ts';
import type { TemplateOrder } from '../../../src/text/template.ts';
import { type Golden, parseGolden } from '../../../src/toolchain/verify/golden.ts';

/**
 * Tiny random checkpoints by transformers and gguf, with goldens: test/golden/make_tiny_models.py.
 */
export const tinyCheckpoints = {
  llama: 'llama',
  'llama-untied-sharded-bf16': 'llama-untied-sharded-bf16',
  qwen2: 'qwen2',
  qwen3: 'qwen3',
  'qwen3-untied-fp16': 'qwen3-untied-fp16',
  'llama-q8_0': 'llama-q8_0.gguf',
  'qwen3-q4_0': 'qwen3-q4_0.gguf',
  'qwen3-score-1': 'qwen3-score-1',
  'qwen2-score-2': 'qwen2-score-2',
  'llama-score-named': 'llama-score-named',
  'qwen3-reranker-q5_0': 'qwen3-reranker-q5_0.gguf',
} as const;

export type TinyCheckpoint = keyof typeof tinyCheckpoints;

/** What the goldens were made with; `candidate-first` has one, of the `llama` checkpoint. */
export const tinyTemplates = {
  'query-first': 'template.json',
  'candidate-first': 'template-candidate-first.json',
} as const satisfies Record<TemplateOrder, string>;

/** By what rope-scalings.json changes the config of the `llama` checkpoint. */
export const scaledRopes = [
  'llama-linear',
  'llama-llama3',
  'llama-yarn',
  'llama-yarn-given',
  'llama-yarn-weights',
] as const;

export type ScaledRope = (typeof scaledRopes)[number];

/**
 * The `llama` checkpoint with a RoPE scaling, as transformers writes it before and since version 5.
 */
export function writeScaledRope(name: ScaledRope, to: string, isNew: boolean): void {
  const scalings = JSON.parse(readFileSync(tinyPath('rope-scalings.json'), 'utf8')) as Record<
    ScaledRope,
    { type?: string }
  >;
  const { type, ...scaling } = scalings[name];
  cpSync(tinyPath('llama'), to, { recursive: true });
  const path = join(to, 'config.json');
  const { rope_parameters, ...config } = JSON.parse(readFileSync(path, 'utf8')) as {
    rope_parameters: { rope_theta: number };
  };
  const { rope_theta } = rope_parameters;
  const rope = isNew
    ? { rope_parameters: { rope_theta, rope_type: type, ...scaling } }
    : { rope_theta, rope_scaling: { ...scaling, ...(type && { type }) } };
  writeFileSync(path, JSON.stringify({ ...config, ...rope }));
}

export function tinyPath(name: string): string {
  return fileURLToPath(new URL(`../../golden/logits-tiny/${name}`, import.meta.url));
}

export function readTinyGolden(
  name: TinyCheckpoint | ScaledRope | 'llama-candidate-first' | 'llama-adapter',
): Golden {
  const path = tinyPath(`${name}.golden.json`);
  return parseGolden(readFileSync(path, 'utf8'), path);
}

export function tinyBuildOptions(
  name: TinyCheckpoint,
  to: string,
  order: TemplateOrder = 'query-first',
): BuildOptions {
  const template = tinyTemplates[order];
  return {
    from: tinyPath(tinyCheckpoints[name]),
    to,
    name,
    precision: 'fp32',
    template: parseTemplate(JsonRecord.parse(readFileSync(tinyPath(template), 'utf8'), template)),
    labels: ['yes', 'no'],
    tokenizer: undefined,
    buckets: undefined,
    source: { description: `tiny ${name}`, licence: 'Apache-2.0' },
    recipe: undefined,
    onProgress: () => undefined,
  };
}

/** A whole model's folder, as the server loads it. */
export function buildHfTiny(
  name: TinyCheckpoint,
  to: string,
  order?: TemplateOrder,
): Promise<Manifest> {
  return buildModel(tinyBuildOptions(name, to, order));
}
