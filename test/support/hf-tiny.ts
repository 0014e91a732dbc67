import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { JsonRecord } from '../../src/json-record.ts';
import { type Manifest, parseTemplate } from '../../src/manifest.ts';
import { type BuildOptions, buildModel } from '../../src/toolchain/build-model.ts';
import type { TemplateOrder } from '../../src/text/template.ts';
import { type Golden, parseGolden } from '../../src/toolchain/golden.ts';

/** Tiny random checkpoints as transformers and gguf write them, with goldens: test/golden/make_tiny_models.py. */
export const tinyCheckpoints = {
  llama: 'llama',
  'llama-untied-sharded-bf16': 'llama-untied-sharded-bf16',
  qwen2: 'qwen2',
  qwen3: 'qwen3',
  'qwen3-untied-fp16': 'qwen3-untied-fp16',
  'llama-q8_0': 'llama-q8_0.gguf',
  'qwen3-q4_0': 'qwen3-q4_0.gguf',
} as const;

export type TinyCheckpoint = keyof typeof tinyCheckpoints;

/** What the goldens were made with; `candidate-first` has one, of the `llama` checkpoint. */
export const tinyTemplates = {
  'query-first': 'template.json',
  'candidate-first': 'template-candidate-first.json',
} as const satisfies Record<TemplateOrder, string>;

export function tinyPath(name: string): string {
  return fileURLToPath(new URL(`../golden/logits-tiny/${name}`, import.meta.url));
}

export function readTinyGolden(
  name: TinyCheckpoint | 'llama-candidate-first' | 'llama-adapter',
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
