import { createTemplate } from './template.ts';

const judge =
  'Judge whether the Document meets the requirements based on the Query and the Instruct provided. ' +
  'Note that the answer can only be "yes" or "no".';
const question = '<Instruct>: {instruction}\n<Query>: {query}\n{context}<Document>: ';
const judgePrefix = `<|im_start|>system\n${judge}<|im_end|>\n<|im_start|>user\n${question}`;
const headerOf = (role: string) => `<|start_header_id|>${role}<|end_header_id|>\n\n`;
const context = '<Context>: {context}\n';
const title = '{title}\n';

/**
 * The built-in templates.
 *
 * - `qwen3-reranker` is the format that Qwen3-Reranker was published with (see its model card),
 *   with the empty think block. That format has no context, so ours is a line of its own after the
 *   query.
 * - `chatml` asks the same of models without a think block (SmolLM2, Qwen2). It always has a system
 *   text, so that a model's default one is not used.
 * - `llama3` asks it with the tags of Llama 3.x.
 */
export const builtinTemplates = {
  chatml: createTemplate({
    prefix: judgePrefix,
    context,
    title,
    suffix: '<|im_end|>\n<|im_start|>assistant\n',
    instruction: 'Given a search query, find the documents that satisfy it',
  }),
  'qwen3-reranker': createTemplate({
    prefix: judgePrefix,
    context,
    title,
    suffix: '<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n',
    instruction: 'Given a web search query, retrieve relevant passages that answer the query',
  }),
  llama3: createTemplate({
    prefix: `<|begin_of_text|>${headerOf('system')}${judge}<|eot_id|>${headerOf('user')}${question}`,
    context,
    title,
    suffix: `<|eot_id|>${headerOf('assistant')}`,
    instruction: 'Given a search query, find the documents that satisfy it',
  }),
} as const;
