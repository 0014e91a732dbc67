import { at } from '../../base/at.ts';
import { RankError } from '../../base/errors.ts';
import { packBatch } from '../../batch/pack/pack-batch.ts';
import { type BatchPart, type BatchRunner, tokenPart } from '../../batch/packed-batch.ts';
import type { ScoreGroups } from '../../compress/compressor.ts';
import {
  createGroupEncoder,
  type EncodedRow,
  sharePrefixes,
} from '../../compress/encode-groups.ts';
import type { PairEngine } from './open-pair-engine.ts';
import { logitsOf } from './score-pairs.ts';

interface Row extends EncodedRow {
  readonly onMargin: (margin: number) => void;
  readonly onError: (error: unknown) => void;
}

/** Rows that stay in one batch, with the packed tokens of their ids and prefixes. */
interface Unit {
  readonly rows: readonly Row[];
  readonly tokens: number;
  readonly signal: AbortSignal | undefined;
}

/** While one batch runs, the next one is prepared. */
const batchesPerRunner = 2;

/**
 * Scores texts for many queries each. Calls that wait at the same time share batches, so that many
 * texts can be searched at once, step by step, and the ranker still has full batches. A text's
 * tokens are computed once for all its queries when the model reads the text first.
 *
 * @returns margins logit(yes) - logit(no); rejects with a RankError when a text or query cannot be
 *   encoded or a batch fails, and with the signal's reason.
 */
export function createGroupScorer(engine: PairEngine): ScoreGroups {
  if (engine.runners.length === 0) {
    throw new RankError('unavailable', 'no replica is ready to score texts; at least 1 is needed');
  }
  const encode = createGroupEncoder(engine);
  const line = new BatchLine(engine);
  return (groups, signal) =>
    Promise.all(
      groups.map((group) => {
        const margins = new Float64Array(group.queries.length);
        return new Promise<Float64Array>((resolve, reject) => {
          let left = margins.length;
          const rows = encode(group).map((encoded, query): Row => {
            const onMargin = (margin: number) => {
              margins[query] = margin;
              left -= 1;
              if (left === 0) {
                resolve(margins);
              }
            };
            return { ...encoded, onMargin, onError: reject };
          });
          line.add(rows, signal);
          if (left === 0) {
            resolve(margins);
          }
        });
      }),
    );
}

/** Units that wait for a batch, oldest first, and the loop that runs them. */
class BatchLine {
  readonly #engine: PairEngine;
  readonly #units: Unit[] = [];
  readonly #idle: BatchRunner[];
  #running = 0;
  #isPlanned = false;

  constructor(engine: PairEngine) {
    this.#engine = engine;
    this.#idle = Array.from({ length: batchesPerRunner }, () => engine.runners).flat();
  }

  /** Rows that exceed a batch together are divided. */
  add(rows: readonly Row[], signal: AbortSignal | undefined): void {
    const { tokenBudget } = this.#engine;
    for (const part of divide(rows, tokenBudget)) {
      this.#units.push({ rows: part, tokens: countTokens(part), signal });
    }
    if (!this.#isPlanned) {
      // Calls of this turn join the batch.
      this.#isPlanned = true;
      setImmediate(() => {
        this.#isPlanned = false;
        this.#start();
      });
    }
  }

  /** A batch that is not full waits while every runner is busy. */
  #start(): void {
    const { tokenBudget, runners } = this.#engine;
    this.#dropAborted();
    while (this.#units.length > 0) {
      const waiting = this.#units.reduce((sum, { tokens }) => sum + tokens, 0);
      const runner = this.#idle.at(0);
      const isBusy = this.#running >= runners.length;
      if (runner === undefined || (isBusy && waiting < tokenBudget)) {
        return;
      }
      this.#idle.shift();
      this.#running += 1;
      void this.#run(takeBatch(this.#units, tokenBudget), runner);
    }
  }

  #dropAborted(): void {
    const aborted = this.#units.filter(({ signal }) => signal?.aborted === true);
    for (const unit of aborted) {
      this.#units.splice(this.#units.indexOf(unit), 1);
      unit.rows.forEach(({ onError }) => onError(unit.signal?.reason));
    }
  }

  async #run(rows: readonly Row[], runner: BatchRunner): Promise<void> {
    try {
      const { parts, ordered } = toParts(rows);
      const logits = logitsOf(await runner.run(packBatch(parts, this.#engine.plan)), runner.name);
      assertFinite(logits, runner.name);
      ordered.forEach(({ onMargin }, i) => onMargin(at(logits, 2 * i) - at(logits, 2 * i + 1)));
    } catch (error) {
      rows.forEach(({ onError }) => onError(error));
    }
    this.#idle.push(runner);
    this.#running -= 1;
    this.#start();
  }
}

/** The oldest units that fit a batch together; at least one. */
function takeBatch(units: Unit[], tokenBudget: number): readonly Row[] {
  let tokens = 0;
  let count = 0;
  for (const unit of units) {
    tokens += unit.tokens;
    if (count > 0 && tokens > tokenBudget) {
      break;
    }
    count += 1;
  }
  return units.splice(0, count).flatMap(({ rows }) => rows);
}

function divide(rows: readonly Row[], tokenBudget: number): readonly (readonly Row[])[] {
  const parts: Row[][] = [];
  for (const row of rows) {
    const last = parts.at(-1);
    if (last !== undefined && countTokens([...last, row]) <= tokenBudget) {
      last.push(row);
    } else {
      parts.push([row]);
    }
  }
  return parts;
}

function countTokens(rows: readonly Row[]): number {
  const prefixes = [...new Set(rows.map(({ prefix }) => prefix))];
  return [...prefixes, ...rows.map(({ ids }) => ids)].reduce((sum, { length }) => sum + length, 0);
}

/** Rows of one prefix become one part; `ordered` has the rows in the order of the logits. */
function toParts(rows: readonly Row[]) {
  const byPrefix = sharePrefixes(rows);
  const parts = [...byPrefix].map(
    ([prefix, members]): BatchPart =>
      tokenPart({ prefix, suffixes: members.map(({ ids }) => ids) }),
  );
  return { parts, ordered: [...byPrefix.values()].flat() };
}

function assertFinite(logits: Float32Array, runner: string): void {
  const bad = logits.find((logit) => !Number.isFinite(logit));
  if (bad !== undefined) {
    throw new RankError('internal', `${runner} gave a logit ${bad}; finite ones are needed`);
  }
}
