import { at } from '../base/at.ts';

/** Texts that follow each other with the same query: one ranking request. */
export interface QueryRun {
  readonly query: string;
  readonly texts: readonly string[];
}

/**
 * Groups texts by their queries, of which there is one for all texts or one for each. Undefined
 * when the numbers do not fit.
 */
export function queryRuns(
  queries: readonly string[],
  texts: readonly string[],
): readonly QueryRun[] | undefined {
  const [only] = queries;
  if (queries.length === 1 && only !== undefined) {
    return [{ query: only, texts }];
  }
  if (queries.length !== texts.length) {
    return undefined;
  }
  const runs: { query: string; texts: string[] }[] = [];
  for (const [place, query] of queries.entries()) {
    const last = runs.at(-1);
    const text = at(texts, place);
    if (last?.query === query) {
      last.texts.push(text);
    } else {
      runs.push({ query, texts: [text] });
    }
  }
  return runs;
}
