import { RankError } from '../base/errors.ts';
import { sha256 } from '../base/files/sha256.ts';
import { at } from '../base/at.ts';

/**
 * The texts of a prompt template, as a manifest, recipe or template file has them. A prompt has
 * three parts (prefix, candidate, suffix) that are encoded separately and joined as token ids. So
 * candidates share the prefix, and a caller's text cannot change how the template is tokenized.
 *
 * `{query}`, `{instruction}`, `{context}`, `{title}` and `{text}` are replaced. Callers' texts are
 * always encoded as plain text, the template's own text with its special tokens.
 */
export interface TemplateTexts {
  /** Contains {instruction}, and {query} and {context} unless the suffix has them. */
  readonly prefix: string;
  /** Put in place of {context} when the request has a context; contains {context} itself. */
  readonly context: string;
  /** Put before the text when the candidate has a title; contains {title}. */
  readonly title: string;
  /** Fixed, or with {query} and {context}. */
  readonly suffix: string;
  /** Used when the request has none. */
  readonly instruction: string;
}

/** Whether query and context stand before the candidates, which then share them, or after each. */
export type TemplateOrder = 'query-first' | 'candidate-first';

/** A template whose placeholders have been checked: see `createTemplate`. */
export interface PromptTemplate extends TemplateTexts {
  readonly order: TemplateOrder;
}

export type Field = 'instruction' | 'query' | 'context' | 'title' | 'text';

/**
 * A part of the prompt that is encoded separately. Byte-level tokenizers join a space to the word
 * after it, so the spaces that a template has right before a placeholder are encoded with the
 * caller's text: they are the field's `lead`.
 */
export type Span =
  | { readonly kind: 'fixed'; readonly text: string }
  | { readonly kind: 'field'; readonly field: Field; readonly lead: string };

type PartName = 'prefix' | 'context' | 'title' | 'suffix';

const parts: readonly PartName[] = ['prefix', 'context', 'title', 'suffix'];
const fields: readonly Field[] = ['instruction', 'query', 'context', 'title', 'text'];
const endingSpaces = / +$/;
const placeholder = /\{(instruction|query|context|title|text)\}/g;
const queryOrContext = /\{(?:query|context)\}/;

/** The placeholders that each part must have, each once. It may have no others. */
const placeholders: Readonly<Record<TemplateOrder, Readonly<Record<PartName, readonly Field[]>>>> =
  {
    'query-first': {
      prefix: ['instruction', 'query', 'context'],
      context: ['context'],
      title: ['title'],
      suffix: [],
    },
    'candidate-first': {
      prefix: ['instruction'],
      context: ['context'],
      title: ['title'],
      suffix: ['query', 'context'],
    },
  };

/**
 * Checks the texts and finds their order: a template is candidate-first when its suffix has {query}
 * or {context}.
 *
 * @throws RankError naming the part and the placeholder, how often it was found and how often it
 * may occur.
 */
export function createTemplate(texts: TemplateTexts): PromptTemplate {
  const found = queryOrContext.exec(texts.suffix)?.[0];
  const order = found === undefined ? 'query-first' : 'candidate-first';
  const reason = found === undefined ? '' : ` (candidate-first, as the suffix has ${found})`;
  parts.forEach((part) => assertPlaceholders(texts, part, order, reason));
  if (texts.suffix.replaceAll(placeholder, '') === '') {
    throw new RankError(
      'invalid-argument',
      `template.suffix is ${texts.suffix || 'empty'}; the answer is read after it, so it must have text of its own`,
    );
  }
  return { ...texts, order };
}

function assertPlaceholders(
  texts: TemplateTexts,
  part: PartName,
  order: TemplateOrder,
  reason: string,
): void {
  const found = Array.from(texts[part].matchAll(placeholder), (match) => match[1]);
  for (const field of fields) {
    const times = found.filter((each) => each === field).length;
    const isNeeded = placeholders[order][part].includes(field);
    if (times !== (isNeeded ? 1 : 0)) {
      throw new RankError(
        'invalid-argument',
        `template.${part} has {${field}} ${times} times; it must have it ${isNeeded ? 'once' : 'not at all'}${reason}`,
      );
    }
  }
}

/**
 * SHA-256 of the JSON list `["slmrank-template-1", prefix, context, title, suffix, instruction]`
 * without spaces.
 */
export function templateHash(texts: TemplateTexts): string {
  const { prefix, context, title, suffix, instruction } = texts;
  return sha256(
    JSON.stringify(['slmrank-template-1', prefix, context, title, suffix, instruction]),
  );
}

/**
 * The prefix, which all candidates of a request share. Spaces at its end belong to the candidate's
 * first span.
 */
export function prefixSpans(template: PromptTemplate, hasContext: boolean): readonly Span[] {
  const context = hasContext ? template.context : '';
  return parseSpans(template.prefix.replace(endingSpaces, '').replace('{context}', () => context));
}

/** The suffix, which follows every candidate of a request. */
export function suffixSpans(template: PromptTemplate, hasContext: boolean): readonly Span[] {
  const context = hasContext ? template.context : '';
  return parseSpans(template.suffix.replace('{context}', () => context));
}

/** A candidate without the suffix. Its text is the last span. */
export function candidateSpans(template: PromptTemplate, hasTitle: boolean): readonly Span[] {
  const lead = template.prefix.slice(template.prefix.replace(endingSpaces, '').length);
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
    spans.push({ kind: 'field', field: at(match, 1) as Field, lead: before.slice(fixed.length) });
    end = match.index + match[0].length;
  }
  if (end < source.length) {
    spans.push({ kind: 'fixed', text: source.slice(end) });
  }
  return spans;
}
