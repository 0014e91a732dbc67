import { join } from 'node:path';
import { at } from '../../../base/at.ts';
import { sha256 } from '../../../base/files/sha256.ts';
import type { Pair } from '../../rank/pair-batches.ts';
import type { View } from '../input/views.ts';
import { openKeptLines } from './kept-lines.ts';

/** Everything that a row's scores of one view depend on. */
export interface ScoresIdentity {
  readonly fingerprint: string;
  readonly view: View;
  /** SHA-256 of the corpus and of the queries. */
  readonly hashes: readonly string[];
}

/** Scores on disk, written as they are computed, so that a stopped report can resume. */
export interface ScoreStore {
  find(pair: Pair): number | undefined;
  add(pairs: readonly Pair[], scores: readonly number[]): Promise<void>;
}

/** Each identity has a file of its own, so that stale scores are never read. */
export function storePath(folder: string, name: string, identity: ScoresIdentity): string {
  const { fingerprint, hashes } = identity;
  const { variant, candidateTokens } = identity.view;
  const key = sha256(
    JSON.stringify(['slmrank-pareto-1', fingerprint, variant, candidateTokens, ...hashes]),
  );
  return join(folder, `${slug(name)}.${variant}.${key.slice(0, 16)}.jsonl`);
}

/** A row's name in the form of a file name. */
export function slug(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9.]+/g, '-');
}

/**
 * A file with one line for each batch of pairs: `{"pairs": "q1 c1\nq1 c2", "scores": [...]}`. Ids
 * in a TREC run contain no blanks.
 *
 * @throws RankError when a line is damaged, except an incomplete last one.
 */
export async function openScoreStore(path: string): Promise<ScoreStore> {
  const { records, append } = await openKeptLines(path);
  const known = new Map<string, number>();
  const keep = (keys: readonly string[], scores: readonly number[]) =>
    keys.forEach((key, i) => known.set(key, at(scores, i)));
  for (const json of records) {
    keep(json.text('pairs').split('\n'), json.numbers('scores'));
  }
  return {
    find: (pair) => known.get(keyOf(pair)),
    async add(pairs, scores) {
      const wrong = scores.find((score) => !Number.isFinite(score));
      if (scores.length !== pairs.length || wrong !== undefined) {
        throw new RangeError(
          `this is a bug: ${scores.length} scores for ${pairs.length} pairs, one of them ${String(wrong)}`,
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
