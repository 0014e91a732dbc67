import type { Clock } from '../../base/clock.ts';
import type { LayoutPlan } from '../../batch/layouts/layout.ts';
import type {
  BatchOutcome,
  BatchPart,
  BatchRunner,
  PackedBatch,
} from '../../batch/packed-batch.ts';
import { type CostWeights, costOf } from '../../schedule/costs/cost-fit.ts';
import { packedTokens, planGroups } from '../../batch/pack/pack-batch.ts';
import { paddedSlots, realSlots } from '../../batch/slots.ts';
import type { SharedGpu } from './shared-gpu.ts';

/** Like `packBatch`, but only with what the batch's cost depends on. */
export function packOutline(parts: readonly BatchPart[], plan: LayoutPlan): PackedBatch {
  return {
    tokens: packedTokens(parts),
    candidates: parts.reduce((sum, { suffixes }) => sum + suffixes.length, 0),
    groups: planGroups(parts, plan),
    feeds: [],
  };
}

/** The same without padding: as if each tile had its own shape. A quarter of the work. */
export function packReal(parts: readonly BatchPart[]): PackedBatch {
  return {
    tokens: packedTokens(parts),
    candidates: parts.reduce((sum, { suffixes }) => sum + suffixes.length, 0),
    groups: [{ tiles: 1, rows: 1, keys: realSlots(parts) }],
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
  /** What it runs on, shared with other replicas or not. */
  readonly gpu: SharedGpu;
}

/** Runs batches one after the other; each takes as long as it costs, times a random ratio. */
export class SimulatedReplica implements BatchRunner {
  readonly name: string;
  busyMs = 0;
  /** For a while: 3 means a third as fast as usual. */
  slowness = 1;
  readonly #options: ReplicaOptions;
  #stalledUntilMs = 0;
  /** The end of the batch before the next one. */
  #before: Promise<unknown> = Promise.resolve();

  constructor(options: ReplicaOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** Draws the milliseconds of a run that has the hardware for itself. */
  drawMs(size: { readonly packedTokens: number; readonly slots: number }): number {
    const { weights, factor, drawRatio } = this.#options;
    return costOf(weights, size) * factor * this.slowness * drawRatio();
  }

  /** Begins no run before this moment. */
  stall(untilMs: number): void {
    this.#stalledUntilMs = untilMs;
  }

  run(batch: PackedBatch): Promise<BatchOutcome> {
    const { clock, drawHandoverMs } = this.#options;
    const aloneMs = this.drawMs({ packedTokens: batch.tokens, slots: paddedSlots(batch) });
    // A batch that waits for another has been handed over by the time it can start.
    const handedAtMs = clock.nowMs() + drawHandoverMs();
    const outcome = this.#before.then(() => this.#runNext(batch, aloneMs, handedAtMs));
    this.#before = outcome;
    return outcome;
  }

  async #runNext(batch: PackedBatch, aloneMs: number, handedAtMs: number): Promise<BatchOutcome> {
    const { clock, gpu } = this.#options;
    for (
      let atMs = Math.max(handedAtMs, this.#stalledUntilMs);
      atMs > clock.nowMs();
      atMs = this.#stalledUntilMs
    ) {
      await waitUntil(clock, atMs);
    }
    const startedAtMs = clock.nowMs();
    await gpu.run(aloneMs);
    const runMs = clock.nowMs() - startedAtMs;
    this.busyMs += runMs;
    return { ok: true, logits: new Float32Array(2 * batch.candidates), runMs };
  }
}

function waitUntil(clock: Clock, atMs: number): Promise<void> {
  return new Promise((resolve) => clock.at(atMs, resolve));
}
