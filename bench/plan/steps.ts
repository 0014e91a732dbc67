import type { KindCost } from '../../src/schedule/costs/cost.ts';
import { fitRates, kindOf, measured, measuredSharing, type MeasuredModel } from './measured.ts';

/** A way to serve the traffic, to be compared with others. */
export interface Step {
  readonly name: string;
  /** The step whose GPUs this one's are compared with. */
  readonly before?: string;
  readonly cost: KindCost;
  /** What a request has to compute. */
  readonly shape: string;
  /** Candidates that a request ranks: more than it computes where a score cache has some. */
  readonly ranked: number;
  readonly tokenBudget: number;
  /** Of a server. */
  readonly gpus: number;
  readonly replicas: number;
  readonly gpuRates?: readonly number[];
  /** What of it is not measured on CUDA; empty if all is. */
  readonly assumed: string;
}

/**
 * Kept states against computing all, at 24 and 150 tokens, with nine of ten candidates known: the
 * int8 55M model on CPU (docs/decisions/states.md).
 */
const statesSpeedup = { short: 1.46, long: 3.05 };
/** Of the pairs, in LinkedIn's deployment (more than half, with 15 minutes to live). */
const cacheHits = 0.5;

/** The budget of a run of about 100 ms, as the server chooses it, and one replica. */
const usual = { tokenBudget: 32_768, gpus: 1, replicas: 1 };

/** The steps for requests of this many candidates, each after the one that it builds on. */
export function stepsFor(candidates: number): readonly Step[] {
  const cost = (model: MeasuredModel, speedup = 1) =>
    kindOf(fitRates(measured[model]).weights, `50+${candidates}x150`, speedup);
  const text = `50+${candidates}x150`;
  const short = `50+${candidates}x15`;
  const computed = Math.round(candidates * (1 - cacheHits));
  const base = { ...usual, ranked: candidates, assumed: '' };
  const compressed = { ...base, before: 'pruned', cost: cost('pruned') };
  const extrapolated = 'the fit is extended to 15 tokens a candidate';
  const states = `states are as much faster as on CPU (x${statesSpeedup.short})`;
  return [
    { ...base, name: 'dense', cost: cost('dense'), shape: text, tokenBudget: 16_384 },
    { ...base, name: 'pruned', before: 'dense', cost: cost('pruned'), shape: text },
    {
      ...base,
      name: 'pruned, 8 GPUs a server',
      before: 'pruned',
      cost: cost('pruned'),
      shape: text,
      gpus: 8,
      replicas: 8,
    },
    {
      ...base,
      name: 'pruned + states',
      before: 'pruned',
      cost: cost('pruned', statesSpeedup.long),
      shape: text,
      assumed: `90 % of the candidates have kept states, which are as much faster as on CPU (x${statesSpeedup.long})`,
    },
    { ...compressed, name: 'pruned + 32 tokens', shape: `50+${candidates}x32` },
    { ...compressed, name: 'pruned + 15 tokens', shape: short, assumed: extrapolated },
    {
      ...compressed,
      name: '... + states',
      before: 'pruned + 15 tokens',
      cost: cost('pruned', statesSpeedup.short),
      shape: short,
      assumed: `${extrapolated}; 90 % of the candidates have kept states, and ${states}`,
    },
    {
      ...compressed,
      name: '... + score cache',
      before: '... + states',
      cost: cost('pruned', statesSpeedup.short),
      shape: `50+${computed}x15`,
      assumed: `${extrapolated}; ${states}; half of the pairs are in the score cache, as LinkedIn reports`,
    },
    { ...base, name: '135M', before: 'dense', cost: cost('smollm135m'), shape: text },
    {
      ...base,
      name: '135M, 3 replicas a GPU',
      before: '135M',
      cost: cost('smollm135m'),
      shape: text,
      tokenBudget: 8_192,
      replicas: 3,
      gpuRates: measuredSharing.smollm135m,
    },
    { ...base, name: '77M', before: 'dense', cost: cost('shape77m'), shape: text },
    {
      ...base,
      name: '77M + 15 tokens',
      before: '77M',
      cost: cost('shape77m'),
      shape: short,
      assumed: extrapolated,
    },
  ];
}
