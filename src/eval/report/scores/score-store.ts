import { join } from 'node:path';
import type { Pair } from '../../src/eval/rank/pair-batches.ts';
import { sha256 } from '../../src/base/files/sha256.ts';
import { openKeptLines } from './kept-lines.ts';
import type { View } from './views.ts';

/** Everything that decides a row's scores of one view. */
export interface ScoresIdentity {
  readonly fingerprint: string;
  readonly view: View;
  /** Of corpus and queries, which fix the texts. */
  readonly hashes: readonly string[];
}

/** Scores kept as they come, so that a run that was stopped goes on where it was. */
export interface ScoreStore {
  find(pair: Pair): number | undefined;
  add(pairs: readonly Pair[], scores: readonly number[]): Promise<void>;
}

/** The store's file: another identity is another file, so that stale scores are never read. */
export function storePath(folder: string, name: string, identity: ScoresIdentity): string {
  const { fingerprint, hashes } = identity;
  const { variant, candidateTokens } = identity.view;
  const key = sha256(
    JSON.stringify(['slmrank-pareto-1', fingerprint, variant, candidateTokens, ...hashes]),
  );
  return join(folder, `${slug(name)}.${variant}.${key.slice(0, 16)}.jsonl`);
}

/** A row's name as a file's. */
export function slug(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9.]+/g, '-');
}

/**
 * One line a batch of pairs: `{"pairs": "q1 c1\nq1 c2", "scores": [...]}`; ids of a TREC run have no blanks.
 *
 * @throws RankError when the file is damaged, other than by a last line cut off.
 */
export async function openScoreStore(path: string): Promise<ScoreStore> {
  const { records, append } = await openKeptLines(path);
  const known = new Map<string, number>();
  const keep = (keys: readonly string[], scores: readonly number[]) =>
    keys.forEach((key, i) => known.set(key, scores[i] ?? NaN));
  for (const json of records) {
    keep(json.text('pairs').split('\n'), json.numbers('scores'));
  }
  return {
    find: (pair) => known.get(keyOf(pair)),
    async add(pairs, scores) {
      const wrong = scores.find((score) => !Number.isFinite(score));
      if (scores.length !== pairs.length || wrong !== undefined) {
        throw new RangeError(
          `${scores.length} scores for ${pairs.length} pairs, one of them ${String(wrong)}; this is a bug`,
        );
      }
      const keys = pairs.map(keyOf);
      await append({ pairs: keys.join('\n'), scores });
      keep(keys, scores);
    },
  };
}

function keyOf({ query, candidate }: Pair): string {
  return `${query} ${candidate}`;
}
