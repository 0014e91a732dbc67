import { join } from 'node:path';
import { DataError } from '../../../base/errors.ts';
import { findDataFile } from '../../../base/files/read-lines.ts';
import { sha256OfFile } from '../../../base/files/sha256.ts';
import {
  assertNoneMissing,
  type Judgements,
  type Passage,
  type Query,
  readCorpus,
  readJudgements,
  readQueries,
} from '../../data/beir.ts';
import { selectQueries } from '../../data/select-queries.ts';
import { readRun, type Run } from '../../data/trec-run.ts';

/** The measured queries, their candidates in the first stage's order, and all texts. */
export interface ParetoData {
  readonly queries: ReadonlyMap<string, Query>;
  readonly corpus: ReadonlyMap<string, Passage>;
  readonly judgements: Judgements;
  readonly run: Run;
  /** SHA-256 of each file. */
  readonly hashes: Readonly<Record<DataFile, string>>;
}

type DataFile = 'corpus' | 'queries' | 'qrels' | 'run';

/**
 * Reads the judged queries, at most `limit` of them, spread evenly over the run.
 *
 * @throws DataError
 */
export async function readParetoData(options: {
  readonly beir: string;
  readonly split: string;
  readonly run: string;
  readonly limit: number;
}): Promise<ParetoData> {
  const { beir, split, limit } = options;
  const judgements = await readJudgements(beir, split);
  const queries = await readQueries(beir);
  const found = await readRun(options.run);
  assertNoneMissing('queries that queries.jsonl lacks', found.keys(), queries);
  const judged = new Map([...found].filter(([query]) => judgements.has(query)));
  const run = selectQueries(judged, limit);
  const ids = new Set([...run.values()].flat().map(({ id }) => id));
  const corpus = await readCorpus(beir, ids);
  assertNoneMissing('texts that corpus.jsonl lacks', ids, corpus);
  const hashes: Record<DataFile, string> = {
    corpus: await sha256OfFile(await findDataFile(beir, 'corpus.jsonl')),
    queries: await sha256OfFile(await findDataFile(beir, 'queries.jsonl')),
    qrels: await sha256OfFile(await findDataFile(join(beir, 'qrels'), `${split}.tsv`)),
    run: await sha256OfFile(options.run),
  };
  return { queries, corpus, judgements, run, hashes };
}

/**
 * Reads another order of the same candidates.
 *
 * @throws DataError that names the first query with other candidates.
 */
export async function readOrder(file: string, { run }: ParetoData): Promise<Run> {
  const found = await readRun(file);
  return new Map(
    [...run].map(([query, entries]) => {
      const order = found.get(query) ?? [];
      const ids = new Set(order.map(({ id }) => id));
      if (order.length !== entries.length || !entries.every(({ id }) => ids.has(id))) {
        throw new DataError(
          `${file}: query ${query} has ${order.length} candidates that are not the ${entries.length} of the first stage`,
        );
      }
      return [query, order] as const;
    }),
  );
}
