import { RankError } from '../base/errors.ts';
import { sha256 } from '../base/files/sha256.ts';

export type Field = 'instruction' | 'query' | 'context' | 'title' | 'text';

/**
 * A stretch of the prompt that is encoded by itself. Spaces that a template has right before a placeholder are the
 * field's `lead`: they are encoded with the caller's text, as byte-level tokenizers join a space to the word after it.
 */
export type Span =
  | { readonly kind: 'fixed'; readonly text: string }
  | { readonly kind: 'field'; readonly field: Field; readonly lead: string };

const judge =
  'Judge whether the Document meets the requirements based on the Query and the Instruct provided. ' +
  'Note that the answer can only be "yes" or "no".';
const question = '<Instruct>: {instruction}\n<Query>: {query}\n{context}<Document>: ';
const judgePrefix = `<|im_start|>system\n${judge}<|im_end|>\n<|im_start|>user\n${question}`;
const headerOf = (role: string) => `<|start_header_id|>${role}<|end_header_id|>\n\n`;

/**
 * The built-in templates. `qwen3-reranker` is the format published with Qwen3-Reranker (its model card), the empty
 * think block included; it has no context, so ours is a line of its own after the query. `chatml` asks the same of
 * models without a think block (SmolLM2, Qwen2), with a system text always, so that no model's default one applies;
 * `llama3` asks it in the tags of Llama 3.x.
 */
export const builtinTemplates = {
  chatml: {
    prefix: judgePrefix,
    context: '<Context>: {context}\n',
    title: '{title}\n',
    suffix: '<|im_end|>\n<|im_start|>assistant\n',
    instruction: 'Given a search query, find the documents that satisfy it',
  },
  'qwen3-reranker': {
    prefix: judgePrefix,
    context: '<Context>: {context}\n',
    title: '{title}\n',
    suffix: '<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n',
    instruction: 'Given a web search query, retrieve relevant passages that answer the query',
  },
  llama3: {
    prefix: `<|begin_of_text|>${headerOf('system')}${judge}<|eot_id|>${headerOf('user')}${question}`,
    context: '<Context>: {context}\n',
    title: '{title}\n',
    suffix: `<|eot_id|>${headerOf('assistant')}`,
    instruction: 'Given a search query, find the documents that satisfy it',
  },
} as const satisfies Record<string, PromptTemplate>;

export type TemplateName = keyof typeof builtinTemplates;

/** SHA-256 of the JSON list `["slmrank-template-1", prefix, context, title, suffix, instruction]` without spaces. */
export function templateHash(template: PromptTemplate): string {
  const { prefix, context, title, suffix, instruction } = template;
  return sha256(
    JSON.stringify(['slmrank-template-1', prefix, context, title, suffix, instruction]),
  );
}

const endingSpaces = / +$/;
const placeholder = /\{(instruction|query|context|title|text)\}/g;

/** Where query and context stand: before the candidates, which then share them, or behind each. */
export type TemplateOrder = 'query-first' | 'candidate-first';

const asked = /\{(?:query|context)\}/;

/** The order of a template, told by its suffix alone: `assertTemplate` holds the other parts to it. */
export function templateOrder({ suffix }: Pick<PromptTemplate, 'suffix'>): TemplateOrder {
  return asked.test(suffix) ? 'candidate-first' : 'query-first';
}

type Placeholders = Readonly<Record<keyof Omit<PromptTemplate, 'instruction'>, readonly Field[]>>;

/** Each once, and no other. The instruction is a caller's text, in which nothing is a placeholder. */
const placeholders: Readonly<Record<TemplateOrder, Placeholders>> = {
  'query-first': {
    ...{ prefix: ['instruction', 'query', 'context'], suffix: [] },
    ...{ context: ['context'], title: ['title'] },
  },
  'candidate-first': {
    ...{ prefix: ['instruction'], suffix: ['query', 'context'] },
    ...{ context: ['context'], title: ['title'] },
  },
};

/** @throws RankError naming part, placeholder, how often it was found, and how often it may be. */
export function assertTemplate(template: PromptTemplate): void {
  const order = templateOrder(template);
  const reason =
    order === 'candidate-first'
      ? ` (candidate-first, as the suffix has ${asked.exec(template.suffix)?.[0] ?? ''})`
      : '';
  for (const part of ['prefix', 'context', 'title', 'suffix'] as const) {
    const found = Array.from(template[part].matchAll(placeholder), ([text]) => text);
    for (const field of ['instruction', 'query', 'context', 'title', 'text'] as const) {
      const times = found.filter((each) => each === `{${field}}`).length;
      const allowed = placeholders[order][part].includes(field) ? 1 : 0;
      if (times !== allowed) {
        throw new RankError(
          'invalid-argument',
          `template.${part} has {${field}} ${times} times; it must have it ${allowed === 1 ? 'once' : 'not at all'}${reason}`,
        );
      }
    }
  }
  if (template.suffix.replaceAll(placeholder, '') === '') {
    throw new RankError(
      'invalid-argument',
      `template.suffix is ${template.suffix || 'empty'}; the answer is read after it, so it must have text of its own`,
    );
  }
}

/** What all candidates of a request share. Spaces at its end belong to the candidate's first span. */
export function prefixSpans(template: PromptTemplate, hasContext: boolean): readonly Span[] {
  const context = hasContext ? template.context : '';
  return parseSpans(template.prefix.replace(endingSpaces, '').replace('{context}', () => context));
}

/** What follows every candidate of a request. */
export function suffixSpans(template: PromptTemplate, hasContext: boolean): readonly Span[] {
  const context = hasContext ? template.context : '';
  return parseSpans(template.suffix.replace('{context}', () => context));
}

/** A candidate up to the suffix; its text comes last. */
export function candidateSpans(template: PromptTemplate, hasTitle: boolean): readonly Span[] {
  const lead = endingSpaces.exec(template.prefix)?.[0] ?? '';
  return parseSpans(`${lead}${hasTitle ? template.title : ''}{text}`);
}

function parseSpans(source: string): Span[] {
  const spans: Span[] = [];
  let end = 0;
  for (const match of source.matchAll(placeholder)) {
    const before = source.slice(end, match.index);
    const fixed = before.replace(endingSpaces, '');
    if (fixed !== '') {
      spans.push({ kind: 'fixed', text: fixed });
    }
    spans.push({ kind: 'field', field: match[1] as Field, lead: before.slice(fixed.length) });
    end = match.index + match[0].length;
  }
  if (end < source.length) {
    spans.push({ kind: 'fixed', text: source.slice(end) });
  }
  return spans;
}

/**
 * The prompt, three parts encoded apart and joined as token ids, so that the prefix is shared and nothing a caller
 * writes can change how the template is tokenized. `{query}`, `{instruction}`, `{context}`, `{title}`, `{text}` are
 * replaced; caller text is always encoded as plain text, the template's own text with its special tokens.
 * Query-first, {query} and {context} stand in the prefix and candidates share them; candidate-first, both stand in the
 * suffix and nothing before them depends on the query. `templateOrder` (text/template.ts) tells which.
 */
export interface PromptTemplate {
  /** With {instruction}; and {query} and {context}, unless the suffix has them. */
  readonly prefix: string;
  /** How a context is set when there is one; contains {context}. */
  readonly context: string;
  /** How a title is set when there is one; contains {title}. Precedes the text. */
  readonly title: string;
  /** Fixed, or with {query} and {context}. */
  readonly suffix: string;
  /** Used when the request has none. */
  readonly instruction: string;
}
