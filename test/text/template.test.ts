import { describe, expect, it } from '@jest/globals';
import { builtinTemplates } from '../../src/text/builtin-templates.ts';
import {
  candidateSpans,
  createTemplate,
  prefixSpans,
  type Span,
  suffixSpans,
  type TemplateTexts,
  templateHash,
} from '../../src/text/template.ts';
import { builtinTemplate } from '../../src/model/builtin-template.ts';

const template = createTemplate({
  prefix: 'I: {instruction}\nQ: {query}\n{context}D:  ',
  context: 'C: {context}\n',
  title: 'T: {title}\n',
  suffix: 'end',
  instruction: 'rank',
});

const candidateFirst = createTemplate({
  ...template,
  prefix: 'I: {instruction}\nD: ',
  suffix: '\nQ: {query}\n {context}end',
});

const fixed = (text: string): Span => ({ kind: 'fixed', text });

describe('the built-in templates', () => {
  it('are valid, and each family has one', () => {
    for (const each of Object.values(builtinTemplates)) {
      expect(createTemplate(each)).toEqual(each);
    }
    expect(builtinTemplate('llama')).toBe(builtinTemplates.chatml);
    expect(builtinTemplate('qwen2')).toBe(builtinTemplates.chatml);
    expect(builtinTemplate('qwen3')).toBe(builtinTemplates['qwen3-reranker']);
  });

  it('ask Qwen3-Reranker as its model card does', () => {
    const { prefix, suffix, instruction } = builtinTemplates['qwen3-reranker'];
    const prompt = `${prefix}D${suffix}`
      .replace('{instruction}', instruction)
      .replace('{query}', 'Q')
      .replace('{context}', '');
    expect(prompt).toBe(
      '<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct ' +
        'provided. Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n<Instruct>: Given a ' +
        'web search query, retrieve relevant passages that answer the query\n<Query>: Q\n<Document>: D<|im_end|>\n' +
        '<|im_start|>assistant\n<think>\n\n</think>\n\n',
    );
  });
});

describe('spans', () => {
  it('give the spaces before a field to the field, and those before the candidate to its first span', () => {
    expect(prefixSpans(template, true)).toEqual([
      fixed('I:'),
      { kind: 'field', field: 'instruction', lead: ' ' },
      fixed('\nQ:'),
      { kind: 'field', field: 'query', lead: ' ' },
      fixed('\nC:'),
      { kind: 'field', field: 'context', lead: ' ' },
      fixed('\nD:'),
    ]);
    expect(candidateSpans(template, true)).toEqual([
      fixed('  T:'),
      { kind: 'field', field: 'title', lead: ' ' },
      fixed('\n'),
      { kind: 'field', field: 'text', lead: '' },
    ]);
  });

  it('leave out an absent title or context', () => {
    expect(prefixSpans(template, false).slice(-2)).toEqual([
      { kind: 'field', field: 'query', lead: ' ' },
      fixed('\nD:'),
    ]);
    expect(candidateSpans(template, false)).toEqual([{ kind: 'field', field: 'text', lead: '  ' }]);
  });
});

describe('the order', () => {
  it('follows from the part that has the query', () => {
    const orders = Object.values(builtinTemplates).map(({ order }) => order);
    expect(new Set(orders)).toEqual(new Set(['query-first']));
    expect(candidateFirst.order).toBe('candidate-first');
  });

  it('query-first has a suffix of one piece', () => {
    expect(suffixSpans({ ...template, suffix: ' a  b ' }, true)).toEqual([fixed(' a  b ')]);
  });

  it('candidate-first has query and context in the suffix, with the spaces before them', () => {
    expect(prefixSpans(candidateFirst, true)).toEqual([
      fixed('I:'),
      { kind: 'field', field: 'instruction', lead: ' ' },
      fixed('\nD:'),
    ]);
    expect(candidateSpans(candidateFirst, false)).toEqual([
      { kind: 'field', field: 'text', lead: ' ' },
    ]);
    const query = [fixed('\nQ:'), { kind: 'field', field: 'query', lead: ' ' }];
    expect(suffixSpans(candidateFirst, false)).toEqual([...query, fixed('\n end')]);
    expect(suffixSpans(candidateFirst, true)).toEqual([
      ...query,
      fixed('\n C:'),
      { kind: 'field', field: 'context', lead: ' ' },
      fixed('\nend'),
    ]);
  });

  it.each<[Partial<TemplateTexts>, string]>([
    [
      { prefix: '{instruction}{query}' },
      'template.prefix has {query} 1 times; it must have it not at all (candidate-first, as the suffix has {query})',
    ],
    [
      { prefix: '{instruction}{query}', suffix: '{context}!' },
      'template.prefix has {query} 1 times; it must have it not at all (candidate-first, as the suffix has {context})',
    ],
    [
      { suffix: '{query}!' },
      'template.suffix has {context} 0 times; it must have it once (candidate-first, as the suffix has {query})',
    ],
    [
      { suffix: '{query}{query}{context}!' },
      'template.suffix has {query} 2 times; it must have it once',
    ],
    [
      { suffix: '{instruction}{query}{context}!' },
      'template.suffix has {instruction} 1 times; it must have it not at all',
    ],
    [
      { suffix: '{query}{context}' },
      'template.suffix is {query}{context}; the answer is read after it, so it must have text of its own',
    ],
  ])('candidate-first is refused mixed with the other: %j', (change, message) => {
    expect(() => createTemplate({ ...candidateFirst, ...change })).toThrow(message);
  });
});

describe('createTemplate', () => {
  it.each<[Partial<TemplateTexts>, string]>([
    [
      { prefix: '{instruction}{context}' },
      'template.prefix has {query} 0 times; it must have it once',
    ],
    [
      { prefix: '{instruction}{query}{query}{context}' },
      'template.prefix has {query} 2 times; it must have it once',
    ],
    [
      { prefix: '{instruction}{query}{context}{text}' },
      'template.prefix has {text} 1 times; it must have it not at all',
    ],
    [{ context: 'none' }, 'template.context has {context} 0 times; it must have it once'],
    [{ title: '{title}{query}' }, 'template.title has {query} 1 times; it must have it not at all'],
    [{ suffix: '{title}' }, 'template.suffix has {title} 1 times; it must have it not at all'],
    [{ suffix: '' }, 'template.suffix is empty; the answer is read after it'],
  ])('refuses %j', (change, message) => {
    expect(() => createTemplate({ ...template, ...change })).toThrow(message);
  });

  it('accepts braces that are not placeholders, and a placeholder in the instruction', () => {
    const texts = { ...template, suffix: '{answer} {}', instruction: '{text}' };
    expect(createTemplate(texts)).toEqual(texts);
  });
});

describe('templateHash', () => {
  it('differs when any part does', () => {
    const parts = ['prefix', 'context', 'title', 'suffix', 'instruction'] as const;
    const hashes = parts.map((part) => templateHash({ ...template, [part]: `${template[part]}!` }));
    expect(new Set([templateHash(template), ...hashes]).size).toBe(6);
  });

  it('is the SHA-256 of the JSON list that its comment describes', () => {
    expect(
      templateHash({ prefix: 'p', context: 'c', title: 't', suffix: 's', instruction: 'i' }),
    ).toBe('1764aec93b2dffbd73237de99fcb6be87741e1ab28b92bef08686043a08c572a');
  });
});
