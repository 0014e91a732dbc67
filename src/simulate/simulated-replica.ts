import type { Clock } from '../clock.ts';
import type {
  AttentionGroup,
  BatchOutcome,
  BatchPart,
  BatchRunner,
  PackedBatch,
} from '../schedule/batch.ts';
import { type CostWeights, costOf } from '../schedule/cost-fit.ts';
import { packedTokens, paddedSlots, planGroups } from '../schedule/pack-batch.ts';
import { drawFactor, type Random } from './draw.ts';

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
  /** How much run times spread about the cost: 0.1 is about 10 %. */
  readonly spread: number;
  readonly clock: Clock;
  readonly random: Random;
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
    const { weights, factor, spread, random } = this.#options;
    return costOf(weights, size) * factor * drawFactor(random, spread);
  }

  run(batch: PackedBatch): Promise<BatchOutcome> {
    const { clock } = this.#options;
    const runMs = this.drawMs({ packedTokens: batch.ids.length, slots: paddedSlots(batch) });
    this.#freeAtMs = Math.max(clock.nowMs(), this.#freeAtMs) + runMs;
    this.busyMs += runMs;
    const logits = new Float32Array(2 * batch.scored.length);
    return new Promise((resolve) => {
      clock.at(this.#freeAtMs, () => resolve({ ok: true, logits, runMs }));
    });
  }
}
