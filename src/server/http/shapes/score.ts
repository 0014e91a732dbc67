import { type Static, Type } from '@sinclair/typebox';
import type { Ranked } from '../../../desk/ranker.ts';
import { invalidRequest } from '../../../desk/violations.ts';
import { queryRuns } from '../../../desk/query-runs.ts';
import { formOf, inputTokens, scoreOf, type Shape, shape, textCandidate } from './shape.ts';

/** `POST /score` of vLLM: one text with many, or pairs of texts. */

const texts = Type.Union([Type.String(), Type.Array(Type.String())]);
const someTexts = Type.Union([Type.String(), Type.Array(Type.String(), { minItems: 1 })]);
const body = Type.Object({
  model: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  text_1: someTexts,
  text_2: texts,
});

export const vllmScore: Shape = shape({
  body,
  reply: Type.Object({
    id: Type.String(),
    object: Type.Literal('list'),
    created: Type.Integer(),
    model: Type.String(),
    data: Type.Array(
      Type.Object({
        index: Type.Integer(),
        object: Type.Literal('score'),
        score: Type.Number(),
      }),
    ),
    usage: Type.Object({ prompt_tokens: Type.Integer(), total_tokens: Type.Integer() }),
  }),
  names: { query: 'text_1', candidates: 'text_2' },
  read: (asked) => ({
    forms: formsOf(asked),
    write: (answers, id) => {
      const tokens = inputTokens(answers);
      return {
        id,
        object: 'list',
        created: Math.floor(Date.now() / 1000),
        model: answers.map(({ manifest }) => manifest.name).at(0),
        data: answers
          .flatMap(scoresInOrder)
          .map((score, index) => ({ index, object: 'score', score })),
        usage: { prompt_tokens: tokens, total_tokens: tokens },
      };
    },
  }),
});

function formsOf({ text_1: first, text_2: second, model }: Static<typeof body>) {
  const queries = typeof first === 'string' ? [first] : first;
  const documents = typeof second === 'string' ? [second] : second;
  const runs = queryRuns(queries, documents);
  if (runs === undefined) {
    const description =
      `has ${queries.length} texts and text_2 has ${documents.length}; ` +
      'text_1 needs one text, or as many as text_2';
    throw invalidRequest([{ field: 'text_1', description }]);
  }
  return runs.map(({ query, texts: run }) =>
    formOf({ query, candidates: run.map(textCandidate), model: model ?? undefined }),
  );
}

function scoresInOrder({ reply }: Ranked): number[] {
  return reply.results.toSorted((a, b) => a.index - b.index).map(scoreOf);
}
