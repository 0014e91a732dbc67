import type { TemplateTexts } from './template.ts';
import { builtinTemplates } from './builtin-templates.ts';
import type { Tokenizer } from './tokenizer/tokenizer.ts';

export interface TemplateChoice {
  readonly tokenizer: Pick<Tokenizer, 'specialTokens' | 'encodeTemplate'>;
  readonly template: TemplateTexts;
  /** The token that the checkpoint's own tokenizer puts before every text. */
  readonly startToken?: StartToken | undefined;
}

const parts = ['prefix', 'context', 'title', 'suffix'] as const;
/** Tags that are never meant as plain text: those like `<|im_start|>`, and the think block. */
const chatTag = /<\|[^\s<>{}|]+\|>|<\/?think>/gu;
/** The shape of tags such as `<|im_start|>`, `</s>` and `[INST]`: signs, a word, signs. */
const tagShape = /^([^\p{L}\p{N}\s]+)([\p{L}\p{N}_.-]+)([^\p{L}\p{N}\s]+)$/u;

/**
 * Finds parts of a template that do not fit the model's tokenizer, and returns a sentence for each.
 * They are warnings, because a model may have been trained with a tag spelled out, or without its
 * BOS, and no checkpoint says so. With a model that was not, the scores are wrong but look normal.
 */
export function findTemplateWarnings(choice: TemplateChoice): readonly string[] {
  return [
    ...findSpelledTags(choice),
    ...findTaggedInstruction(choice),
    ...findMissingStart(choice),
  ];
}

function findSpelledTags({ tokenizer, template }: TemplateChoice): readonly string[] {
  const spelled = unknownTags(tokenizer, template);
  if (spelled.length === 0) {
    return [];
  }
  const where = parts.filter((part) => spelled.some((tag) => template[part].includes(tag)));
  const lengths = spelled.map((tag) => tokenizer.encodeTemplate(tag).length);
  const fitting = Object.entries(builtinTemplates)
    .filter(([, each]) => unknownTags(tokenizer, each).length === 0)
    .map(([name]) => name);
  return [
    `the template (${where.join(', ')}) has ${list(spelled)}, which the tokenizer does not know as ` +
      `${spelled.length === 1 ? 'a token' : 'tokens'}: spelled out in ${list(lengths)} tokens, they mean ` +
      `nothing to a model that was not trained so. Name a template in the model's own tags with --template` +
      (fitting.length === 0 ? '' : `; its tokenizer knows those of ${list(fitting)}`),
  ];
}

/** A caller may send another instruction, so instructions are always plain text. */
function findTaggedInstruction({ tokenizer, template }: TemplateChoice): readonly string[] {
  const tags = tagsOf(tokenizer, template.instruction);
  return tags.length === 0
    ? []
    : [
        `template.instruction has ${list(tags)}: instructions are plain text, in which tags are spelled out. ` +
          'Move what has tags into template.prefix',
      ];
}

function findMissingStart({ template, startToken }: TemplateChoice): readonly string[] {
  if (startToken === undefined || template.prefix.startsWith(startToken.token)) {
    return [];
  }
  const { token, saidBy } = startToken;
  const written = JSON.stringify(`${token}${template.prefix.slice(0, 20)}`).slice(0, -1);
  return [
    `the model's tokenizer puts ${token} before every text (${saidBy}), and template.prefix does not ` +
      'begin with it, so that no prompt has it. A model that was trained with it needs ' +
      `"prefix": ${written}...": put that into a file for --template, such as a copy of the manifest`,
  ];
}

/** Tags that are not one token, each once, in the template's order. */
function unknownTags(
  tokenizer: TemplateChoice['tokenizer'],
  template: TemplateTexts,
): readonly string[] {
  const tags = parts.flatMap((part) => tagsOf(tokenizer, template[part]));
  return [...new Set(tags)].filter((tag) => tokenizer.encodeTemplate(tag).length !== 1);
}

/** The tags in a text, each once. */
function tagsOf({ specialTokens }: TemplateChoice['tokenizer'], text: string): readonly string[] {
  const styles = new Set(specialTokens.flatMap((token) => styleOf(token) ?? []));
  const patterns = [chatTag, ...Array.from(styles, (style) => new RegExp(style, 'gu'))];
  const found = patterns.flatMap((pattern) => [...text.matchAll(pattern)]);
  const inOrder = found.toSorted((a, b) => a.index - b.index).map(([tag]) => tag);
  return [...new Set(inOrder)];
}

/** A pattern for tags that look like a special token, with any letters of the same case. */
function styleOf(token: string): string | undefined {
  const [, open = '', word = '', close = ''] = tagShape.exec(token) ?? [];
  if (word === '') {
    return undefined;
  }
  const letters = [/\p{Lu}/u, /\p{Ll}/u].map((pattern) => pattern.test(word));
  const kinds = letters[0] === letters[1] ? '\\p{L}' : letters[0] === true ? '\\p{Lu}' : '\\p{Ll}';
  const escape = (signs: string) => signs.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  return `${escape(open)}${kinds}[${kinds}\\p{N}_.-]*${escape(close)}`;
}

function list(words: readonly (string | number)[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/**
 * The token that a checkpoint's tokenizer puts before every text (BOS), and the setting that says
 * so.
 */
export interface StartToken {
  readonly token: string;
  readonly saidBy: string;
}
