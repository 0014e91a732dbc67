import type { EncodeOutcome, EncodeTask } from '../../../src/encode/encode.ts';
import type { PairData, PairEncoder, PairSettings } from '../../../src/eval/rank/pair-batches.ts';
import type { TemplateOrder } from '../../../src/text/template.ts';

/** Query q has the token 100 + q twice, a text of n characters the tokens 0 to n - 1. */
export function fakeEncoding(
  order: TemplateOrder,
  tokenBudget: number,
): PairEncoder & PairSettings {
  const encode = ({ query, candidates }: EncodeTask): EncodeOutcome => {
    const asked = Int32Array.of(100 + Number(query), 100 + Number(query));
    const suffix = order === 'query-first' ? Int32Array.of(99) : asked;
    return {
      ok: true,
      encoded: {
        prefix: order === 'query-first' ? asked : Int32Array.of(98),
        candidates: candidates.map(({ text: { length } }) => ({
          ids: Int32Array.of(...Array(length).keys(), ...suffix),
          tokens: length,
          truncated: false,
        })),
      },
    };
  };
  return {
    order,
    tokenBudget,
    encoder: { encode },
    titles: true,
    instruction: undefined,
    maxCandidateTokens: undefined,
  };
}

/** Queries 0 to 3, and candidates 0 to 5 with texts of 7 characters times their number. */
export const fakeData: PairData = {
  queries: new Map([0, 1, 2, 3].map((i) => [`q${i}`, { text: String(i) }])),
  corpus: new Map([0, 1, 2, 3, 4, 5].map((i) => [`c${i}`, { title: '', text: 'x'.repeat(7 * i) }])),
};
