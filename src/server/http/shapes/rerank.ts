import { type Static, type TSchema, Type } from '@sinclair/typebox';
import type { Ranked } from '../../../desk/ranker.ts';
import type { RankForm } from '../../../desk/request-rules.ts';
import type { RankedResult } from '../../../domain/rank.ts';
import {
  candidateOf,
  formOf,
  inputTokens,
  scoreOf,
  type Shape,
  shape,
  textCandidate,
} from './shape.ts';

/** Cohere's rerank, versions 1 and 2, and what Jina, vLLM and others have made of the first. */

const orNull = <Schema extends TSchema>(schema: Schema) =>
  Type.Optional(Type.Union([schema, Type.Null()]));
const count = Type.Integer({ minimum: 1 });

const spans = Type.Object({
  mode: Type.Union([Type.Literal('enabled'), Type.Literal('disabled')]),
  threshold: orNull(Type.Number({ minimum: 0, maximum: 1 })),
  max_spans: orNull(count),
});

const secondBody = Type.Object({
  model: orNull(Type.String()),
  query: Type.String(),
  documents: Type.Array(Type.String()),
  top_n: orNull(count),
  max_tokens_per_doc: orNull(count),
  priority: orNull(Type.Integer({ minimum: 0, maximum: 999 })),
  relevant_spans: orNull(spans),
});

/** A document is a text, or an object with a text, or the id of a stored item. */
const document = Type.Union([
  Type.String(),
  Type.Object({
    text: Type.Optional(Type.String()),
    title: Type.Optional(Type.String()),
    id: Type.Optional(Type.String()),
  }),
]);
type Document = Static<typeof document>;

const firstBody = Type.Object({
  model: orNull(Type.String()),
  query: Type.String(),
  documents: Type.Array(document),
  top_n: orNull(count),
  return_documents: orNull(Type.Boolean()),
  max_tokens_per_doc: orNull(count),
  relevant_spans: orNull(spans),
});

const span = Type.Object({ start: count, end: count, score: Type.Number() });
const result = Type.Object({
  index: Type.Integer(),
  relevance_score: Type.Number(),
  document: Type.Optional(Type.Object({ text: Type.String() })),
  relevant_spans: Type.Optional(Type.Array({ ...span, properties: span.properties })),
});
const meta = Type.Object({
  api_version: Type.Object({ version: Type.String() }),
  billed_units: Type.Object({ search_units: Type.Integer() }),
  tokens: Type.Object({ input_tokens: Type.Integer(), output_tokens: Type.Integer() }),
});
const secondReply = Type.Object({ id: Type.String(), results: Type.Array(result), meta });
const firstReply = Type.Composite([
  secondReply,
  Type.Object({
    model: Type.String(),
    usage: Type.Object({ total_tokens: Type.Integer(), prompt_tokens: Type.Integer() }),
  }),
]);

const names = {
  candidates: 'documents',
  max_candidate_tokens: 'max_tokens_per_doc',
  top_n: 'top_n',
};

/** `POST /v2/rerank` */
export const secondRerank: Shape = shape({
  body: secondBody,
  reply: secondReply,
  names,
  read: (body) => ({
    forms: [formOfBody(body, body.documents.map(textCandidate), body.priority ?? 0)],
    write: ([ranked], requestId) =>
      ranked === undefined ? undefined : replyOf(ranked, requestId, '2', spansAsked(body)),
  }),
});

/** `POST /v1/rerank`, and `POST /rerank` with `documents` */
export const firstRerank: Shape = shape({
  body: firstBody,
  reply: firstReply,
  names,
  read: (body) => ({
    forms: [formOfBody(body, body.documents.map(candidateOfDocument), 0)],
    write: ([ranked], requestId) => {
      if (ranked === undefined) {
        return undefined;
      }
      const returnsTexts = body.return_documents ?? false;
      const tokens = inputTokens([ranked]);
      return {
        ...replyOf(ranked, requestId, '1', { ...spansAsked(body), returnsTexts }),
        model: ranked.manifest.name,
        usage: { total_tokens: tokens, prompt_tokens: tokens },
      };
    },
  }),
});

type AnyBody = Pick<
  Static<typeof secondBody>,
  'query' | 'model' | 'top_n' | 'max_tokens_per_doc' | 'relevant_spans'
>;

/** Cohere's urgency: 0 comes first, and larger numbers may wait for it. */
function formOfBody(body: AnyBody, candidates: RankForm['candidates'], priority: number): RankForm {
  return formOf({
    query: body.query,
    candidates,
    topN: body.top_n ?? undefined,
    model: body.model ?? undefined,
    maxCandidateTokens: body.max_tokens_per_doc ?? undefined,
    priority: priority > 0 ? 'deferrable' : 'interactive',
  });
}

function candidateOfDocument(document: Document) {
  return typeof document === 'string'
    ? textCandidate(document)
    : { id: document.id ?? '', text: document.text ?? '', title: document.title };
}

interface Wanted {
  readonly threshold: number;
  readonly mostSpans: number;
  readonly returnsTexts?: boolean;
}

function spansAsked({ relevant_spans: asked }: AnyBody): Wanted {
  return {
    threshold: asked?.threshold ?? 0.1,
    mostSpans: asked?.mode === 'enabled' ? (asked.max_spans ?? Number.POSITIVE_INFINITY) : 0,
  };
}

function replyOf(ranked: Ranked, id: string, version: string, wanted: Wanted) {
  return {
    id,
    results: ranked.reply.results.map((each) => resultOf(ranked, each, wanted)),
    meta: {
      api_version: { version },
      billed_units: { search_units: 1 },
      tokens: { input_tokens: inputTokens([ranked]), output_tokens: 0 },
    },
  };
}

/**
 * The spans are the parts of a stored item's text that the model read, each with the document's
 * score: the model scores the parts together, and not each by itself.
 */
function resultOf(ranked: Ranked, result: RankedResult, wanted: Wanted) {
  const { text, stored } = candidateOf(ranked, result);
  const score = scoreOf(result);
  const kept = score >= wanted.threshold ? (stored?.kept ?? []).slice(0, wanted.mostSpans) : [];
  return {
    index: result.index,
    relevance_score: score,
    ...(wanted.returnsTexts === true ? { document: { text } } : {}),
    ...(kept.length === 0
      ? {}
      : { relevant_spans: kept.map(({ start, end }) => ({ start, end, score })) }),
  };
}
