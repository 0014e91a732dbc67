import type { BatchRunner } from '../batch/packed-batch.ts';
import type { ReplicaLoad } from './policy/view.ts';

/** A batch that a replica holds. */
export interface HeldBatch {
  readonly packedTokens: number;
  readonly predictedMs: number;
}

/** Each batch that ends well lets a replica that ran out of memory take so much more. */
const regain = 1.1;

/** A ready replica and the batches it holds, which it runs in order. */
export class HeldReplica implements ReplicaLoad {
  readonly runner: BatchRunner;
  tokenCap = Number.POSITIVE_INFINITY;
  lastBucket = 0;
  readonly #held: HeldBatch[] = [];
  /** When its oldest batch began. */
  #sinceMs = 0;

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

  get busyUntilMs(): number {
    return this.#held.reduce((sum, { predictedMs }) => sum + predictedMs, this.#sinceMs);
  }

  begin(batch: HeldBatch, nowMs: number): void {
    if (this.#held.length === 0) {
      this.#sinceMs = nowMs;
    }
    this.#held.push(batch);
  }

  end(batch: HeldBatch, nowMs: number): void {
    this.#held.splice(this.#held.indexOf(batch), 1);
    this.#sinceMs = nowMs;
    this.tokenCap *= regain;
  }

  /** A batch of so many tokens was too large. */
  shrink(packedTokens: number): void {
    this.tokenCap = Math.max(1, Math.floor(packedTokens / 2));
  }
}
