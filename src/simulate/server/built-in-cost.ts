import type { CostTable } from '../../schedule/costs/cost.ts';

/**
 * SmolLM2-135M in fp32 on one thread of a CPU with AVX2, fitted to the processor time of 19 shapes
 * of 72 to 1,020 packed tokens (medians of three runs) with a mean error of 3 %. For another
 * machine, use the output of `slmrank admin costs --json` there.
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
