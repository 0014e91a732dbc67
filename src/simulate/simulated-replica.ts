import type { Clock } from '../base/clock.ts';
import type {
  AttentionGroup,
  BatchOutcome,
  BatchPart,
  BatchRunner,
  PackedBatch,
} from '../batch/packed-batch.ts';
import { type CostWeights, costOf } from '../schedule/costs/cost-fit.ts';
import { packedTokens, paddedSlots, planGroups } from '../batch/pack-batch.ts';

const none = { ints: new Int32Array(0), floats: new Float32Array(0), longs: new BigInt64Array(0) };

/** As packBatch, but only as much of the batch as its cost depends on. */
export function packOutline(
  parts: readonly BatchPart[],
  limits: { readonly attentionGroups: number },
): PackedBatch {
  const candidates = parts.reduce((sum, { suffixes }) => sum + suffixes.length, 0);
  return {
    ids: new Int32Array(packedTokens(parts)),
    positions: none.longs,
    groups: planGroups(parts, limits).map(outlineGroup),
    untile: none.ints,
    scored: new Int32Array(candidates),
  };
}

function outlineGroup(shape: Pick<AttentionGroup, 'tiles' | 'rows' | 'keys'>): AttentionGroup {
  return {
    ...shape,
    ...{ rowIndex: none.ints, keyIndex: none.ints, lastIndex: none.ints },
    ...{ rowPlace: none.floats, keyPlace: none.floats, lastPlace: none.floats },
  };
}

export interface ReplicaOptions {
  readonly name: string;
  readonly weights: CostWeights;
  /** 2 is half as fast. */
  readonly factor: number;
  /** How long the next run takes over its cost. */
  readonly drawRatio: () => number;
  /** How long the next batch takes to get there and back. */
  readonly drawHandoverMs: () => number;
  readonly clock: Clock;
}

/** Runs batches one after the other; each takes as long as it costs, with noise. */
export class SimulatedReplica implements BatchRunner {
  readonly name: string;
  busyMs = 0;
  readonly #options: ReplicaOptions;
  #freeAtMs = 0;

  constructor(options: ReplicaOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** Milliseconds of a run, noise included. */
  drawMs(size: { readonly packedTokens: number; readonly slots: number }): number {
    const { weights, factor, drawRatio } = this.#options;
    return costOf(weights, size) * factor * drawRatio();
  }

  run(batch: PackedBatch): Promise<BatchOutcome> {
    const { clock, drawHandoverMs } = this.#options;
    const runMs = this.drawMs({ packedTokens: batch.ids.length, slots: paddedSlots(batch) });
    // A batch that waits for another is there already when its turn comes.
    this.#freeAtMs = Math.max(clock.nowMs() + drawHandoverMs(), this.#freeAtMs) + runMs;
    this.busyMs += runMs;
    const logits = new Float32Array(2 * batch.scored.length);
    return new Promise((resolve) => {
      clock.at(this.#freeAtMs, () => resolve({ ok: true, logits, runMs }));
    });
  }
}
