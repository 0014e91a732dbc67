import { basename, dirname } from 'node:path';
import type { Judgements, Passage } from '../../src/eval/data/beir.ts';
import { readDemoData } from '../../src/eval/data/demo-data.ts';
import { readParetoData } from '../../src/eval/report/input/data.ts';
import type { LadderOptions } from './options.ts';

/** A query and its candidates, with whole texts. */
export interface Request {
  readonly id: string;
  readonly query: string;
  readonly candidates: readonly Passage[];
}

/** For each candidate, in the order of the request. */
export interface Answer {
  /** logit(yes) - logit(no) */
  readonly margins: readonly number[];
  /** That the model read of the candidate. */
  readonly tokens: readonly number[];
}

export interface LadderData {
  readonly name: string;
  readonly requests: readonly Request[];
  /** Undefined for the demo's data, which nobody has judged. */
  readonly judgements: Judgements | undefined;
}

/** Hidden titles are empty ones. @throws DataError, RankError */
export async function readRequests(options: LadderOptions): Promise<LadderData> {
  const { beir, split, run, queries: limit, titles } = options;
  const show = (passage: Passage) => (titles ? passage : { ...passage, title: '' });
  if (beir === undefined) {
    const { queries } = await readDemoData('models/demo');
    const requests = queries.map(({ query, candidates }) => ({
      id: query,
      query,
      candidates: candidates.map(show),
    }));
    return { name: 'models/demo', requests, judgements: undefined };
  }
  const file = run ?? `${beir}/runs/pool.trec.gz`;
  const data = await readParetoData({ beir, split, run: file, limit });
  const requests = [...data.run].map(([id, entries]) => ({
    id,
    query: data.queries.get(id)?.text ?? '',
    candidates: entries.flatMap((entry) => data.corpus.get(entry.id) ?? []).map(show),
  }));
  const name = `${basename(dirname(beir))}/${basename(beir)}, ${split}`;
  return { name, requests, judgements: data.judgements };
}
