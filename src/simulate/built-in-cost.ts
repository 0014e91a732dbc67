import type { CostTable } from '../schedule/costs/cost.ts';

/**
 * SmolLM2-135M, fp32, one thread of a CPU with AVX2: processor time of 19 shapes of 72 to 1,020 packed tokens, medians
 * of three; the fit is off by 3 % in the mean. Another machine differs: take its own from `slmrank admin costs --json`.
 */
export const builtInCost: CostTable = {
  format: 1,
  kinds: [
    {
      kind: 'cpu',
      runs: 57,
      fixedMs: 15,
      tokenMs: 2.53,
      slotMs: 0.00135,
      slotsPerToken: 250,
      runRatios: [],
      handoverMs: [],
    },
  ],
  replicas: [],
  encodeMs: [],
};
