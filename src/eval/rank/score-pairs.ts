import { at } from '../../base/at.ts';
import { RankError } from '../../base/errors.ts';
import { packBatch } from '../../batch/pack/pack-batch.ts';
import type { BatchOutcome } from '../../batch/packed-batch.ts';
import type { RankedResult, ScoreKind } from '../../domain/rank.ts';
import { orderResults } from '../../pipeline/reply/order.ts';
import { forEachInFlight } from './in-flight.ts';
import type { PairEngine } from './open-pair-engine.ts';
import { batchPairs, type Pair, type PairData, type PairSettings } from './pair-batches.ts';

export interface PairOptions extends PairSettings {
  /** Abort it to stop early: pairs scored by then are returned. */
  readonly signal: AbortSignal;
  /** Called after each batch with the number of pairs scored so far. */
  readonly onProgress: (done: number) => void;
}

export interface PairScore {
  /** Logits. */
  readonly yes: number;
  readonly no: number;
  /** Tokens of the candidate that the model read. */
  readonly tokens: number;
  readonly truncated: boolean;
}

export interface PairScores {
  /** In the order of the pairs; undefined for pairs that were not scored. */
  readonly scores: readonly (PairScore | undefined)[];
  /** Pairs scored: all, unless the signal was aborted. */
  readonly done: number;
  /** Token positions that were computed. */
  readonly packedTokens: number;
}

/** While one batch runs, the next one is prepared. */
const batchesPerRunner = 2;

/**
 * Scores pairs with the pipeline's stages (encode, pack, run), but without admission, queue, cache
 * and deadlines, and with batches that span requests: a batch computes the tokens that its pairs
 * share only once. Token ids equal the server's; scores differ as they do between any two packings
 * (ARCHITECTURE.md, "The packed graph"). Memory holds the pairs, their scores and the batches in
 * flight.
 *
 * @throws RankError when a pair cannot be encoded, a batch fails, a logit is not finite, or the
 *   engine has no replica.
 */
export async function scorePairs(
  engine: PairEngine,
  pairs: readonly Pair[],
  data: PairData,
  options: PairOptions,
): Promise<PairScores> {
  const { runners } = engine;
  if (runners.length === 0) {
    throw new RankError('unavailable', 'no replica is ready to score pairs; at least 1 is needed');
  }
  const scores = new Array<PairScore | undefined>(pairs.length).fill(undefined);
  let done = 0;
  let packedTokens = 0;
  const batches = batchPairs(pairs, data, { ...engine, ...options });
  const lanes = batchesPerRunner * runners.length;
  await forEachInFlight(batches, { lanes, signal: options.signal }, async (batch, _stop, lane) => {
    const runner = at(runners, lane % runners.length);
    const logits = logitsOf(await runner.run(packBatch(batch.parts, engine.plan)), runner.name);
    batch.pairs.forEach(({ pair, tokens, truncated }, i) => {
      const [yes, no] = [at(logits, 2 * i), at(logits, 2 * i + 1)];
      assertFinite(yes, no, at(pairs, pair));
      scores[pair] = { yes, no, tokens, truncated };
    });
    done += batch.pairs.length;
    packedTokens += batch.packedTokens;
    options.onProgress(done);
  });
  return { scores, done, packedTokens };
}

/** The pairs of one query in the order of a served reply; pairs without a score are last. */
export function orderPairs(
  scores: readonly (PairScore | undefined)[],
  scoreKind: ScoreKind,
): readonly RankedResult[] {
  const outcomes = scores.map((score) => ({ score, cached: false }));
  return orderResults(outcomes, { scoreKind, minScore: undefined, topN: undefined });
}

/**
 * A failed batch is not retried: there is no deadline to save, and the user should see the reason.
 */
export function logitsOf(outcome: BatchOutcome, runner: string): Float32Array {
  if (outcome.ok) {
    return outcome.logits;
  }
  const kind = outcome.kind === 'internal' ? 'internal' : 'replica-failed';
  const advice =
    outcome.kind === 'out-of-memory' ? '; a smaller SLMRANK_TOKEN_BUDGET may help' : '';
  throw new RankError(kind, `${runner}: ${outcome.message}${advice}`);
}

function assertFinite(yes: number, no: number, { query, candidate }: Pair): void {
  if (!Number.isFinite(yes) || !Number.isFinite(no)) {
    throw new RankError(
      'internal',
      `the model gave ${yes} and ${no} for query '${query}' and text '${candidate}'; finite numbers are needed`,
    );
  }
}
