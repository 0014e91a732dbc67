import { join } from 'node:path';
import {
  assertNoneMissing,
  type Judgements,
  type Passage,
  type Query,
  readCorpus,
  readJudgements,
  readQueries,
} from '../../src/eval/data/beir.ts';
import { DataError } from '../../src/base/data-error.ts';
import { findDataFile } from '../../src/base/files/read-lines.ts';
import { selectQueries } from '../../src/eval/data/select-queries.ts';
import { readRun, type Run } from '../../src/eval/data/trec-run.ts';
import { sha256OfFile } from '../../src/base/files/sha256.ts';

/** The queries to measure with their candidates in the first stage's order, and every text they name. */
export interface ParetoData {
  readonly queries: ReadonlyMap<string, Query>;
  readonly corpus: ReadonlyMap<string, Passage>;
  readonly judgements: Judgements;
  readonly run: Run;
  /** SHA-256 by file. */
  readonly hashes: Readonly<Record<DataFile, string>>;
}

type DataFile = 'corpus' | 'queries' | 'qrels' | 'run';

/** Judged queries only, at most `limit`, spread evenly. @throws DataError */
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

/** Another order of exactly the candidates of the queries to measure. @throws DataError naming the first query that differs. */
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
