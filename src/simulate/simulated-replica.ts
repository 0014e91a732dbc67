import type { Clock } from '../base/clock.ts';
import type { LayoutPlan } from '../batch/layouts/layout.ts';
import type { BatchOutcome, BatchPart, BatchRunner, PackedBatch } from '../batch/packed-batch.ts';
import { type CostWeights, costOf } from '../schedule/costs/cost-fit.ts';
import { packedTokens, planGroups } from '../batch/pack/pack-batch.ts';
import { paddedSlots } from '../batch/slots.ts';

/** Like `packBatch`, but only with what the batch's cost depends on. */
export function packOutline(parts: readonly BatchPart[], plan: LayoutPlan): PackedBatch {
  return {
    tokens: packedTokens(parts),
    candidates: parts.reduce((sum, { suffixes }) => sum + suffixes.length, 0),
    groups: planGroups(parts, plan),
    feeds: [],
  };
}

export interface ReplicaOptions {
  readonly name: string;
  readonly weights: CostWeights;
  /** 2 means half as fast. */
  readonly factor: number;
  /** Draws the next run's time as a multiple of its cost. */
  readonly drawRatio: () => number;
  /** Draws how long the next batch takes from dispatch to outcome, less the run. */
  readonly drawHandoverMs: () => number;
  readonly clock: Clock;
}

/** Runs batches one after the other; each takes as long as it costs, times a random ratio. */
export class SimulatedReplica implements BatchRunner {
  readonly name: string;
  busyMs = 0;
  readonly #options: ReplicaOptions;
  #freeAtMs = 0;

  constructor(options: ReplicaOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** Draws the milliseconds of a run. */
  drawMs(size: { readonly packedTokens: number; readonly slots: number }): number {
    const { weights, factor, drawRatio } = this.#options;
    return costOf(weights, size) * factor * drawRatio();
  }

  run(batch: PackedBatch): Promise<BatchOutcome> {
    const { clock, drawHandoverMs } = this.#options;
    const runMs = this.drawMs({ packedTokens: batch.tokens, slots: paddedSlots(batch) });
    // A batch that waits for another has been handed over by the time it can start.
    this.#freeAtMs = Math.max(clock.nowMs() + drawHandoverMs(), this.#freeAtMs) + runMs;
    this.busyMs += runMs;
    const logits = new Float32Array(2 * batch.candidates);
    return new Promise((resolve) => {
      clock.at(this.#freeAtMs, () => resolve({ ok: true, logits, runMs }));
    });
  }
}
