import type { Static, TSchema } from '@sinclair/typebox';
import { type FieldViolation, RankError } from '../../../base/errors.ts';
import type { Ranked } from '../../../desk/ranker.ts';
import { type RankForm, timeLimitOf } from '../../../desk/request-rules.ts';
import type { Candidate, RankedResult } from '../../../domain/rank.ts';

/**
 * Other servers' APIs for ranking. A shape reads their bodies as rank requests and writes the
 * answers as their clients expect them; what it all means is decided at the desk, as for gRPC.
 */

/** What a body asks for. */
export interface Question {
  /** One request for each query of the body. */
  readonly forms: readonly RankForm[];
  /** Writes the reply from the answers, in the order of the forms. */
  readonly write: (answers: readonly Ranked[], requestId: string) => unknown;
}

export interface Shape {
  /** JSON schemas of a request's body and of the reply to it. */
  readonly body: TSchema;
  readonly reply: TSchema;
  /** Reads a body that fits the schema. */
  readonly read: (body: never) => Question;
  /** The names that this API has for fields of a rank request. */
  readonly names: Readonly<Record<string, string>>;
}

/** Keeps the type of the body between the schema and its reader. */
export function shape<Body extends TSchema>(parts: {
  readonly body: Body;
  readonly reply: TSchema;
  readonly names: Shape['names'];
  readonly read: (body: Static<Body>) => Question;
}): Shape {
  return parts;
}

type Asked = Pick<RankForm, 'query' | 'candidates'> &
  Partial<
    Pick<
      RankForm,
      'topN' | 'model' | 'scoreKind' | 'truncation' | 'maxCandidateTokens' | 'priority'
    >
  >;

/**
 * A form as these APIs mean it: their clients send blank documents among others, and expect a score
 * for each, so a document that cannot be scored is skipped and does not fail the request.
 */
export function formOf({ query, candidates, ...asked }: Asked): RankForm {
  return {
    query,
    candidates,
    topN: asked.topN,
    model: asked.model,
    scoreKind: asked.scoreKind ?? 'probability',
    truncation: asked.truncation ?? 'end',
    maxCandidateTokens: asked.maxCandidateTokens,
    priority: asked.priority ?? 'interactive',
    onBadCandidate: asked.truncation === 'error' ? 'refuse' : 'skip',
    instruction: undefined,
    context: undefined,
    minScore: undefined,
    returnText: false,
    partialOk: false,
    adaptiveDepth: false,
    useCache: true,
    // These APIs have no field for it; the header says it.
    scoreFingerprint: undefined,
    requestId: undefined,
    timeoutMs: undefined,
    maxReplyBytes: undefined,
    // HTTP clients take replies of any length, and a reply is shorter than its request.
    findReplyFault: () => undefined,
  };
}

/** A candidate that is a text alone. */
export function textCandidate(text: string) {
  return { id: '', text };
}

/** The score of a result; 0 for a document that could not be scored. */
export function scoreOf({ scored, score }: RankedResult): number {
  return scored ? score : 0;
}

/** The candidate that a result is about. @throws RankError `internal` when there is none. */
export function candidateOf({ request }: Ranked, { index }: RankedResult): Candidate {
  const { [index]: candidate } = request.candidates;
  if (candidate === undefined) {
    throw new RankError('internal', `a result for candidate ${index}; this is a bug`);
  }
  return candidate;
}

/** All tokens that a request's rows contain; the prefix counts once. */
export function inputTokens(answers: readonly Ranked[]): number {
  return answers.reduce(
    (sum, { reply: { usage } }) => sum + usage.prefixTokens + usage.candidateTokens,
    0,
  );
}

/** The time limit of a form in milliseconds; Infinity for none. */
export function limitMsOf({ timeoutMs }: RankForm): number {
  return timeLimitOf(timeoutMs);
}

/** The error in the words of the API: the fields are named as its clients know them. */
export function inWordsOf(names: Shape['names'], error: RankError): RankError {
  if (error.violations.length === 0) {
    return error;
  }
  const violations = error.violations.map(
    ({ field, description }): FieldViolation => ({ field: rename(field, names), description }),
  );
  const [first] = error.violations;
  const [renamed] = violations;
  const message =
    first !== undefined && renamed !== undefined && error.message.startsWith(`${first.field} `)
      ? `${renamed.field}${error.message.slice(first.field.length)}`
      : error.message;
  const { kind, retryAfterMs, reason, quotaOf, cause } = error;
  return new RankError(kind, message, { violations, retryAfterMs, reason, quotaOf, cause });
}

/** `candidates[3].text` becomes `documents[3]` where documents are texts. */
function rename(field: string, names: Shape['names']): string {
  const [, head = '', place = '', rest = ''] = /^(\w+)(\[\d+\])?(.*)$/s.exec(field) ?? [];
  const { [head]: name = head } = names;
  const isText = head === 'candidates' && rest === '.text';
  return `${name}${place}${isText ? '' : rest}`;
}
