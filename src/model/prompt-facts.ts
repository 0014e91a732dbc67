import type { StartToken } from '../text/template-warnings.ts';
import type { JsonRecord } from '../base/files/json-record.ts';

/** Most tokens in a row unless a build asks for others: as in the ranking papers, in training and inference. */
export const defaultRowTokens = 2048;
/** Most that a build may ask for, as far as the checkpoint's positions go. */
export const mostRowTokens = 131_072;

/** Tokens of the template's own text, without the caller's. */
export interface TemplateTokens {
  /** In the parts that the query, context and instruction stand in, the instruction included. */
  readonly asked: number;
  /** In the others: the suffix of a query-first template. */
  readonly fixed: number;
}

/** What a manifest says of prompts besides the template: no score depends on it. */
export interface PromptFacts {
  /** Undefined when it puts none, and in models that were built before this was written. */
  readonly startToken?: StartToken | undefined;
  /** Undefined in models that were built before this was written. */
  readonly templateTokens?: TemplateTokens | undefined;
}

/** Of a manifest. @throws RankError naming field, found and allowed. */
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
