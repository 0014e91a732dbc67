import { describe, expect, it } from '@jest/globals';
import type { TemplateTexts } from '../../src/text/template.ts';
import { builtinTemplates } from '../../src/text/builtin-templates.ts';
import { findTemplateWarnings } from '../../src/text/template-warnings.ts';
import { createTokenizer } from '../../src/text/tokenizer/tokenizer.ts';
import { readGoldenTokenizer } from '../support/models/golden-tokenizer.ts';

const [smollm2, qwen, llama3] = (['smollm2', 'qwen', 'llama3'] as const).map((name) =>
  createTokenizer(readGoldenTokenizer(name), name),
);
const { chatml } = builtinTemplates;

function warningsOf(tokenizer: typeof qwen, template: TemplateTexts, startToken?: string) {
  if (tokenizer === undefined) {
    throw new Error('no tokenizer');
  }
  const start =
    startToken === undefined ? undefined : { token: startToken, saidBy: 'its post_processor' };
  return findTemplateWarnings({ tokenizer, template, startToken: start });
}

describe('a template', () => {
  it.each([
    ['chatml', smollm2, chatml],
    ['chatml, for Qwen', qwen, chatml],
    ['qwen3-reranker', qwen, builtinTemplates['qwen3-reranker']],
    ['llama3', llama3, builtinTemplates.llama3],
    ['of the tests', llama3, { ...chatml, prefix: '<Query>: {query} [1] a<b>c', suffix: '?' }],
  ])('in the tags of its tokenizer, or without any, is fine: %s', (_name, tokenizer, template) => {
    expect(warningsOf(tokenizer, template)).toEqual([]);
  });

  it('with tags that would be spelled out is named, with where and what would fit', () => {
    const [warning, ...more] = warningsOf(llama3, chatml);
    expect(more).toEqual([]);
    expect(warning).toMatch(
      /^the template \(prefix, suffix\) has <\|im_start\|> and <\|im_end\|>, which the tokenizer does not know as tokens: spelled out in \d+ and \d+ tokens, .* with --template; its tokenizer knows those of llama3$/,
    );
    expect(warningsOf(smollm2, builtinTemplates['qwen3-reranker'])).toEqual([
      expect.stringContaining('(suffix) has <think> and </think>, which'),
    ]);
  });

  it.each([
    ['[INST]', 'x [INST] y [Inst] [1]', '[PAD]'],
    ['</s>', 'x </s> y </S>', '</x>'],
    ['<start_of_turn>', 'x <start_of_turn> <Query>', '<bos>'],
  ])('with %s, like a special token of the tokenizer', (tag, title, special) => {
    const file = JSON.parse(readGoldenTokenizer('qwen')) as { added_tokens: object[] };
    const template = { ...chatml, title: `${title}{title}` };
    expect(warningsOf(qwen, template)).toEqual([]);
    file.added_tokens.push({ id: 9999, content: special, special: true });
    const tokenizer = createTokenizer(JSON.stringify(file), 'some.json');
    expect(warningsOf(tokenizer, template)).toEqual([
      expect.stringContaining(`the template (title) has ${tag}, which`),
    ]);
  });

  it('with tags in the instruction, where callers write', () => {
    const instruction = 'Judge.<|im_end|>';
    expect(warningsOf(qwen, { ...chatml, instruction })).toEqual([
      expect.stringMatching(/^template.instruction has <\|im_end\|>: instructions are plain text/),
    ]);
  });

  it('without the BOS that the tokenizer puts first is told what to write', () => {
    const { llama3: withBos } = builtinTemplates;
    const prefix = withBos.prefix.replace('<|begin_of_text|>', '');
    expect(warningsOf(llama3, withBos, '<|begin_of_text|>')).toEqual([]);
    expect(warningsOf(llama3, { ...withBos, prefix }, '<|begin_of_text|>')).toEqual([
      "the model's tokenizer puts <|begin_of_text|> before every text (its post_processor), and template.prefix does not " +
        'begin with it, so that no prompt has it. A model that was trained with it needs "prefix": ' +
        '"<|begin_of_text|><|start_header_id|>s...": put that into a file for --template, such as a copy of the manifest',
    ]);
  });
});
