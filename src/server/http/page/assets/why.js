import { ask } from './ask.js';
import { clausesOf } from './text.js';

/**
 * How much each clause of a candidate carries its score: the fall of the logit when the clause is
 * left out. The server ranks the candidate once for each clause, as work that may wait.
 *
 * @returns {Promise<{ start: number, end: number, weight: number }[]>}
 */
export async function explain(request, candidate, signal) {
  const clauses = clausesOf(candidate.text);
  if (clauses.length < 2) {
    return clauses.map((clause) => ({ ...clause, weight: 0 }));
  }
  const without = ({ start, end }) => ({
    ...candidate,
    id: '',
    text: candidate.text.slice(0, start) + candidate.text.slice(end),
  });
  const { results } = await ask(
    'Rank',
    {
      ...request,
      candidates: [{ ...candidate, id: '' }, ...clauses.map(without)],
      scoreKind: 'SCORE_KIND_LOGIT',
      priority: 'PRIORITY_DEFERRABLE',
    },
    signal,
  );
  const logits = new Map(results.map(({ index, logit }) => [index, logit]));
  const whole = logits.get(0) ?? 0;
  return clauses.map((clause, place) => ({
    ...clause,
    weight: whole - (logits.get(place + 1) ?? whole),
  }));
}
