import { at } from '../../src/base/at.ts';
import { tokenPart } from '../../src/batch/packed-batch.ts';
import { paddedSlots } from '../../src/batch/slots.ts';
import type { KindCost } from '../../src/schedule/costs/cost.ts';
import { type CostWeights, costOf, type WorkSize } from '../../src/schedule/costs/cost-fit.ts';
import { packReal } from '../../src/simulate/server/simulated-replica.ts';
import { parseShape } from '../../src/simulate/traffic/traffic-streams.ts';

/** Full batches of one shape on one replica: what the bare engine did in a second. */
export interface MeasuredRate {
  readonly shape: string;
  readonly tokenBudget: number;
  readonly candidatesPerSecond: number;
}

/**
 * Measured on 2026-11-27 on one NVIDIA H200 in fp16, ONNX Runtime 1.29 with its CUDA provider,
 * random weights, the graph in the layout *masked*. The graph in the layout *lengths*, which CUDA
 * has now, has not been measured.
 */
export const measured = {
  dense: [
    { shape: '50+50x150', tokenBudget: 8_192, candidatesPerSecond: 1_348 },
    { shape: '50+50x150', tokenBudget: 32_768, candidatesPerSecond: 1_565 },
  ],
  pruned: [
    { shape: '50+50x150', tokenBudget: 8_192, candidatesPerSecond: 2_089 },
    { shape: '50+50x150', tokenBudget: 32_768, candidatesPerSecond: 2_488 },
    { shape: '50+50x150', tokenBudget: 65_000, candidatesPerSecond: 2_581 },
    { shape: '120+10x180', tokenBudget: 32_768, candidatesPerSecond: 1_735 },
    { shape: '40+16x32', tokenBudget: 32_768, candidatesPerSecond: 10_700 },
  ],
  smollm135m: [
    { shape: '50+50x150', tokenBudget: 8_192, candidatesPerSecond: 2_890 },
    { shape: '50+50x150', tokenBudget: 32_768, candidatesPerSecond: 4_124 },
    { shape: '120+10x180', tokenBudget: 32_768, candidatesPerSecond: 3_132 },
    { shape: '40+16x32', tokenBudget: 8_192, candidatesPerSecond: 12_660 },
  ],
  shape77m: [
    { shape: '50+50x150', tokenBudget: 8_192, candidatesPerSecond: 3_915 },
    { shape: '50+50x150', tokenBudget: 32_768, candidatesPerSecond: 6_258 },
    { shape: '40+16x32', tokenBudget: 8_192, candidatesPerSecond: 16_960 },
  ],
} as const;
export type MeasuredModel = keyof typeof measured;

/** What 1, 2 and 3 replicas on one GPU do, over one: 50+50x150, budget 8,192. */
export const measuredSharing = {
  pruned: [1, 2_363 / 2_055, 2_440 / 2_055],
  smollm135m: [1, 3_767 / 2_986, 3_941 / 2_986],
} as const;

export interface Fit {
  readonly weights: CostWeights;
  /** For each measured rate: the run's milliseconds as measured and by the fit. */
  readonly runs: readonly (WorkSize & { readonly ms: number; readonly fittedMs: number })[];
  /** Mean of |fitted - measured| / measured. */
  readonly error: number;
}

/** A batch of as many requests of the shape as the budget has room for, at least one. */
export function fullBatch(shape: string, tokenBudget: number): WorkSize & { candidates: number } {
  const { prefixTokens, candidates, lengths } = parseShape(shape);
  const requestTokens = prefixTokens + candidates * at(lengths, 0);
  const requests = Math.max(1, Math.floor(tokenBudget / requestTokens));
  const suffixes = Array.from({ length: candidates }, () => new Int32Array(at(lengths, 0)));
  const part = tokenPart({ prefix: new Int32Array(prefixTokens), suffixes });
  const parts = new Array<typeof part>(requests).fill(part);
  const batch = packReal(parts);
  return {
    packedTokens: batch.tokens,
    slots: paddedSlots(batch),
    candidates: requests * candidates,
  };
}

/** Rounds of the fit; its weights no longer change in the fifth digit long before. */
const rounds = 60_000;

/**
 * Fits the cost of a run: least squares of relative errors, none of the weights negative
 * (coordinate descent).
 */
export function fitRates(rates: readonly MeasuredRate[]): Fit {
  const runs = rates.map(({ shape, tokenBudget, candidatesPerSecond }) => {
    const { candidates, ...size } = fullBatch(shape, tokenBudget);
    return { ...size, ms: (1_000 * candidates) / candidatesPerSecond };
  });
  const rows = runs.map(({ ms, packedTokens, slots }) => [1 / ms, packedTokens / ms, slots / ms]);
  const weights = [0, 0, 0];
  const left = rows.map(() => 1);
  for (let i = 0; i < rounds; i++) {
    const column = i % 3;
    const along = rows.reduce((sum, row, j) => sum + at(row, column) * at(left, j), 0);
    const square = rows.reduce((sum, row) => sum + at(row, column) ** 2, 0);
    const next = Math.max(0, at(weights, column) + along / square);
    const step = next - at(weights, column);
    weights[column] = next;
    rows.forEach((row, j) => (left[j] = at(left, j) - step * at(row, column)));
  }
  const [fixedMs, tokenMs, slotMs] = [at(weights, 0), at(weights, 1), at(weights, 2)];
  const fitted = runs.map((run) => ({
    ...run,
    fittedMs: costOf({ fixedMs, tokenMs, slotMs }, run),
  }));
  const error = left.reduce((sum, one) => sum + Math.abs(one), 0) / left.length;
  return { weights: { fixedMs, tokenMs, slotMs }, runs: fitted, error };
}

/** The cost as a table for the simulator. `speedup` divides what depends on the batch's size. */
export function kindOf(
  { fixedMs, tokenMs, slotMs }: CostWeights,
  shape: string,
  speedup = 1,
): KindCost {
  const { packedTokens, slots } = fullBatch(shape, 32_768);
  return {
    kind: 'cuda',
    runs: 100,
    fixedMs,
    tokenMs: tokenMs / speedup,
    slotMs: slotMs / speedup,
    slotsPerToken: slots / packedTokens,
    runRatios: [],
    handoverMs: [],
  };
}
