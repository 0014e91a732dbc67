import type { Run } from './trec-run.ts';

/**
 * At most `limit` queries, spread evenly over the run: files are often sorted by kind or topic, and the first few
 * would then be all of one sort. Keeps the run's order.
 */
export function selectQueries(run: Run, limit: number): Run {
  const queries = [...run];
  if (queries.length <= limit) {
    return run;
  }
  const step = queries.length / limit;
  const chosen = Array.from({ length: limit }, (_, i) => queries[Math.floor(i * step)]);
  return new Map(chosen.flatMap((query) => (query === undefined ? [] : [query])));
}
