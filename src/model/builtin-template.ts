import { builtinTemplates } from '../text/builtin-templates.ts';
import type { PromptTemplate } from '../text/template.ts';
import type { Family } from './manifest.ts';

const templateOfFamily: Readonly<Record<Family, keyof typeof builtinTemplates>> = {
  llama: 'chatml',
  qwen2: 'chatml',
  qwen3: 'qwen3-reranker',
};

/** The template of a model whose recipe has none. */
export function builtinTemplate(family: Family): PromptTemplate {
  return builtinTemplates[templateOfFamily[family]];
}
