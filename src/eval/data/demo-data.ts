import { join } from 'node:path';
import { assertNoneMissing, type Passage, readPassages, readQueries } from './beir.ts';
import { readRun } from './trec-run.ts';

/** A query and the candidates that a first stage found, best first. */
export interface DemoQuery {
  readonly query: string;
  readonly candidates: readonly Passage[];
}

export interface DemoData {
  readonly postings: readonly Passage[];
  readonly queries: readonly DemoQuery[];
}

/** Reads the folder models/demo. @throws DataError, RankError */
export async function readDemoData(folder: string): Promise<DemoData> {
  const postings = await readPassages(join(folder, 'postings.jsonl.gz'));
  const run = await readRun(join(folder, 'candidates.trec'));
  const found = [...run.values()].flat().map(({ id }) => id);
  assertNoneMissing('postings that postings.jsonl.gz lacks', found, postings);
  const queries = [...(await readQueries(folder)).values()].map(({ id, text }) => ({
    query: text,
    candidates: (run.get(id) ?? []).flatMap((entry) => postings.get(entry.id) ?? []),
  }));
  return { postings: [...postings.values()], queries };
}
