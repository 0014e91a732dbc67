import { RankError } from '../../base/errors.ts';
import { type RunBatch, scoreRows } from '../../batch/score-rows.ts';
import { forEachInFlight } from './in-flight.ts';
import {
  batchPairs,
  type Pair,
  type PairBatch,
  type PairData,
  type PairEncoding,
} from './pair-batches.ts';

/** A built model, opened to score pairs: `openPairEngine` opens one. */
export interface PairEngine extends Pick<PairEncoding, 'order' | 'encoder' | 'tokenBudget'> {
  readonly attentionGroups: number;
  /** One for each replica; each is given a batch while it runs another. */
  readonly runners: readonly RunBatch[];
}

export interface PairOptions
  extends Pick<PairEncoding, 'titles' | 'instruction' | 'context' | 'maxCandidateTokens'> {
  /** Aborted to stop early: what is scored by then is returned. */
  readonly signal: AbortSignal;
  /** Told how many pairs are scored, after each batch. */
  readonly onProgress: (done: number) => void;
}

/** By the pairs' order; of pairs that are not scored, the logits are NaN. */
export interface PairScores {
  /** yes and no. [N, 2] */
  readonly logits: Float32Array;
  /** Tokens of the candidate that were read. [N] */
  readonly tokens: Int32Array;
  /** 1 where the candidate was cut. [N] */
  readonly truncated: Uint8Array;
  /** Pairs scored: fewer than there are when it was stopped. */
  readonly done: number;
  /** Token positions that were computed for them. */
  readonly packedTokens: number;
}

/** One batch runs and one is prepared. */
const batchesPerRunner = 2;

/**
 * Scores pairs without queue, cache or deadlines, each batch with the tokens that its pairs share once: of a query, or
 * with a candidate-first template of a candidate. Token ids are the server's, and scores differ from its as any do
 * between packings (ARCHITECTURE.md, "The packed graph"). Memory: the pairs, their scores and the batches in flight.
 *
 * @throws RankError when a pair cannot be encoded, a batch fails, a logit is not finite, or no replica is there.
 */
export async function scorePairs(
  engine: PairEngine,
  pairs: readonly Pair[],
  data: PairData,
  options: PairOptions,
): Promise<PairScores> {
  if (engine.runners.length === 0) {
    throw new RankError('unavailable', 'no replica is ready to score pairs; at least 1 is needed');
  }
  const logits = new Float32Array(2 * pairs.length).fill(NaN);
  const tokens = new Int32Array(pairs.length);
  const truncated = new Uint8Array(pairs.length);
  let [done, packedTokens] = [0, 0];
  const batches = batchPairs(pairs, data, { ...engine, ...options });
  const lanes = batchesPerRunner * engine.runners.length;
  await forEachInFlight(batches, { lanes, signal: options.signal }, async (batch, _stop, lane) => {
    const found = await runBatch(engine, batch, lane % engine.runners.length);
    batch.rows.forEach((row, i) => {
      const pair = found.get(i) ?? [NaN, NaN];
      assertFinite(pair, pairs[row.pair]);
      logits.set(pair, 2 * row.pair);
      tokens[row.pair] = row.tokens;
      truncated[row.pair] = row.truncated ? 1 : 0;
    });
    done += batch.rows.length;
    packedTokens += batch.packedTokens;
    options.onProgress(done);
  });
  return { logits, tokens, truncated, done, packedTokens };
}

function runBatch({ runners, attentionGroups }: PairEngine, { rows }: PairBatch, runner: number) {
  const run = runners[runner];
  if (run === undefined) {
    throw new RankError('internal', `there is no replica ${runner}; this is a bug`);
  }
  return scoreRows(rows, [[...rows.keys()]], { run, attentionGroups });
}

function assertFinite(logits: readonly number[], pair: Pair | undefined): void {
  if (!logits.every(Number.isFinite)) {
    throw new RankError(
      'internal',
      `the model gave ${logits.join(' and ')} for query '${pair?.query ?? ''}' and text '${pair?.candidate ?? ''}'; numbers are needed`,
    );
  }
}
