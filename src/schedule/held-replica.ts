import type { BatchRunner } from '../batch/packed-batch.ts';
import type { ReplicaLoad } from './policy/view.ts';

/** A batch that a replica was given and has not finished. */
export interface HeldBatch {
  readonly packedTokens: number;
  readonly predictedMs: number;
}

/** By how much each finished batch raises the cap of a replica that once ran out of memory. */
const tokenCapGrowth = 1.1;

/** A ready replica with its unfinished batches, which it runs in order. */
export class HeldReplica implements ReplicaLoad {
  readonly runner: BatchRunner;
  tokenCap = Number.POSITIVE_INFINITY;
  lastBucket = 0;
  readonly #held: HeldBatch[] = [];
  /** When it began its oldest batch. */
  #startedAtMs = 0;

  constructor(runner: BatchRunner) {
    this.runner = runner;
  }

  get name(): string {
    return this.runner.name;
  }

  get batches(): number {
    return this.#held.length;
  }

  get packedTokens(): number {
    return this.#held.reduce((sum, { packedTokens }) => sum + packedTokens, 0);
  }

  get freeAtMs(): number {
    return this.#held.reduce((sum, { predictedMs }) => sum + predictedMs, this.#startedAtMs);
  }

  begin(batch: HeldBatch, nowMs: number): void {
    if (this.#held.length === 0) {
      this.#startedAtMs = nowMs;
    }
    this.#held.push(batch);
  }

  end(batch: HeldBatch, nowMs: number): void {
    this.#held.splice(this.#held.indexOf(batch), 1);
    this.#startedAtMs = nowMs;
    this.tokenCap *= tokenCapGrowth;
  }

  /** Lowers the cap after a batch of this many tokens ran out of memory. */
  shrink(packedTokens: number): void {
    this.tokenCap = Math.max(1, Math.floor(packedTokens / 2));
  }
}
