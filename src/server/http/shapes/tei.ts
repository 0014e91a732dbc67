import { Type } from '@sinclair/typebox';
import type { Truncation } from '../../../domain/rank.ts';
import { candidateOf, formOf, scoreOf, type Shape, shape, textCandidate } from './shape.ts';

/** `POST /rerank` of Text Embeddings Inference: a bare list of scores, one for each text. */
export const teiRerank: Shape = shape({
  body: Type.Object({
    query: Type.String(),
    texts: Type.Array(Type.String()),
    raw_scores: Type.Optional(Type.Boolean()),
    return_text: Type.Optional(Type.Boolean()),
    truncate: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
    truncation_direction: Type.Optional(
      Type.Union([
        Type.Literal('Left'),
        Type.Literal('Right'),
        Type.Literal('left'),
        Type.Literal('right'),
      ]),
    ),
  }),
  reply: Type.Array(
    Type.Object({
      index: Type.Integer(),
      score: Type.Number(),
      text: Type.Optional(Type.String()),
    }),
  ),
  names: { candidates: 'texts' },
  read: ({ query, texts, raw_scores: isRaw = false, return_text: isEcho = false, ...body }) => ({
    forms: [
      formOf({
        query,
        candidates: texts.map(textCandidate),
        scoreKind: isRaw ? 'logit' : 'probability',
        truncation: truncationOf(body.truncate, body.truncation_direction),
      }),
    ],
    write: ([ranked]) =>
      ranked?.reply.results.map((result) => ({
        index: result.index,
        score: scoreOf(result),
        ...(isEcho ? { text: candidateOf(ranked, result).text } : {}),
      })),
  }),
});

/** Without a word on it, texts are cut, as that server does by default (`--auto-truncate`). */
function truncationOf(
  truncate: boolean | null | undefined,
  direction: string | undefined,
): Truncation {
  if (truncate === false) {
    return 'error';
  }
  return direction?.toLowerCase() === 'left' ? 'start' : 'end';
}
