import { join } from 'node:path';
import { sha256 } from '../../src/sha256.ts';
import { openKeptLines } from './kept-lines.ts';
import type { Variant } from './plan.ts';

/** Everything that decides a row's scores of one variant. */
export interface ScoresIdentity {
  readonly fingerprint: string;
  readonly variant: Variant;
  readonly candidateTokens: number;
  /** Of corpus, queries and run, which fix the texts and the candidates' order. */
  readonly hashes: readonly string[];
}

/** Scores kept by query as they come, so that a run that was stopped goes on where it was. */
export interface ScoreStore {
  readonly done: ReadonlyMap<string, readonly number[]>;
  add(query: string, scores: readonly number[]): Promise<void>;
}

/** The store's file: another identity is another file, so that stale scores are never read. */
export function storePath(folder: string, name: string, identity: ScoresIdentity): string {
  const { fingerprint, variant, candidateTokens, hashes } = identity;
  const key = sha256(
    JSON.stringify(['slmrank-pareto-1', fingerprint, variant, candidateTokens, ...hashes]),
  );
  return join(folder, `${slug(name)}.${variant}.${key.slice(0, 16)}.jsonl`);
}

/** A row's name as a file's. */
export function slug(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9.]+/g, '-');
}

/** @throws RankError when the file is damaged, other than by a last line cut off. */
export async function openScoreStore(path: string): Promise<ScoreStore> {
  const { records, append } = await openKeptLines(path);
  const done = new Map(records.map((json) => [json.text('query'), json.numbers('scores')]));
  return {
    done,
    async add(query, scores) {
      await append({ query, scores });
      done.set(query, [...scores]);
    },
  };
}
