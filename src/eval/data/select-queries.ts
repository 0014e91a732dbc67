import { at } from '../../base/at.ts';
import type { Run } from './trec-run.ts';

/**
 * At most `limit` queries, spread evenly over the run and in its order. The first few would not be
 * representative, because files are often sorted by kind or topic.
 */
export function selectQueries(run: Run, limit: number): Run {
  const queries = [...run];
  if (queries.length <= limit) {
    return run;
  }
  const step = queries.length / limit;
  return new Map(Array.from({ length: limit }, (_, i) => at(queries, Math.floor(i * step))));
}
