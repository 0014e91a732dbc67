import type { RequestEncoder } from '../../../src/encode/encode.ts';
import type { TemplateOrder } from '../../../src/text/template.ts';
import type { Tokenizer } from '../../../src/text/tokenizer/tokenizer.ts';

/** Plain words, of which those with a single token are used. */
const words = (
  'time year people way day man thing woman life child world school state family student group country problem hand ' +
  'part place case week company system program question work government number night point home water room mother ' +
  'area money story fact month lot right study book eye job word business issue side kind head house service friend ' +
  'father power hour game line end member law car city community name president team minute idea kid body information ' +
  'back parent face others level office door health person art war history party result change morning reason ' +
  'research girl guy moment air teacher force education foot boy age policy music market sense plan interest class ' +
  'effect use role food data table model engine server memory report nurse driver manager sales design project north ' +
  'south remote skill tool machine safety clinic truck kitchen garden river bridge paper metal light sound energy'
).split(' ');

/** Makes random texts with a given number of tokens. */
export interface Filler {
  /** A candidate's text or a query, as counted after a space. Empty for 0 tokens. */
  text(tokens: number, random: () => number): string;
}

/** @throws Error when fewer than ten of the words are single tokens. */
export function createFiller(tokenizer: Pick<Tokenizer, 'encode'>): Filler {
  const known = words.filter((word) => tokenizer.encode(` ${word}`).length === 1);
  if (known.length < 10) {
    throw new Error(
      `the tokenizer has a single token for ${known.length} of ${words.length} plain words; ` +
        'at least 10 are needed',
    );
  }
  return {
    text: (tokens, random) =>
      Array.from({ length: tokens }, () => known[Math.floor(random() * known.length)]).join(' '),
  };
}

/** Tokens of the template's own text before and after a candidate, and the place of the query. */
export interface TemplateTokens {
  readonly prefix: number;
  readonly suffix: number;
  readonly order: TemplateOrder;
}

/** `oneToken` is a text of one token. */
export function templateTokens(
  encoder: RequestEncoder,
  oneToken: string,
  order: TemplateOrder = 'query-first',
): TemplateTokens {
  const outcome = encoder.encode({
    query: oneToken,
    instruction: undefined,
    context: undefined,
    truncation: 'end',
    maxCandidateTokens: undefined,
    candidates: [{ title: undefined, text: oneToken }],
  });
  if (!outcome.ok) {
    throw new Error(`the template cannot be encoded: ${outcome.message}`);
  }
  const { prefix, candidates } = outcome.encoded;
  const behind = (candidates[0]?.ids.length ?? 1) - 1;
  return order === 'query-first'
    ? { prefix: prefix.length - 1, suffix: behind, order }
    : { prefix: prefix.length, suffix: behind - 1, order };
}
