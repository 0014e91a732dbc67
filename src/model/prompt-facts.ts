import type { StartToken } from '../text/template-warnings.ts';
import type { JsonRecord } from '../base/files/json-record.ts';

/** The default limit of tokens in a row, as in the ranking papers, in training and inference. */
export const defaultRowTokens = 2048;
/** The largest limit that a build may ask for, if the checkpoint has as many positions. */
export const mostRowTokens = 131_072;

/** Tokens of the template's own text, without callers' texts. */
export interface TemplateTokens {
  /** In the parts with query, context and instruction, including the instruction. */
  readonly asked: number;
  /** In the other parts: the suffix of a query-first template. */
  readonly fixed: number;
}

/** Facts about prompts that no score depends on. */
export interface PromptFacts {
  /** The token that the tokenizer puts first; undefined when there is none, and in older models. */
  readonly startToken?: StartToken | undefined;
  /** Undefined in models that were built before this field existed. */
  readonly templateTokens?: TemplateTokens | undefined;
}

/** Reads the facts of a manifest. @throws RankError naming field, found and allowed. */
export function parsePromptFacts(json: JsonRecord): PromptFacts {
  return {
    startToken: json.has('startToken') ? parseStartToken(json.record('startToken')) : undefined,
    templateTokens: parseTemplateTokens(json),
  };
}

function parseStartToken(json: JsonRecord): StartToken {
  return { token: json.text('token', /./s, 'a token'), saidBy: json.text('saidBy') };
}

function parseTemplateTokens(json: JsonRecord): TemplateTokens | undefined {
  const tokens = json.has('templateTokens') ? json.record('templateTokens') : undefined;
  const bounds = { min: 0, max: mostRowTokens };
  return tokens && { asked: tokens.count('asked', bounds), fixed: tokens.count('fixed', bounds) };
}
