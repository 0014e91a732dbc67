import type { LayoutPlan } from '../../batch/layouts/layout.ts';
import type { Precision } from '../../model/manifest.ts';
import type { PromptTemplate } from '../../text/template.ts';

/**
 * Which linears of an input are one product. `apart`: none. `paired`: q and k, which are then
 * normed and rotated together. `joined`: q, k and v, and gate and up, each followed by a Split,
 * which copies.
 */
export const productNames = ['apart', 'paired', 'joined'] as const;
export type Products = (typeof productNames)[number];

/** How a graph is written. */
export interface GraphPlan extends LayoutPlan {
  /** Only the lengths layout has a choice; `paired` if undefined. */
  readonly products?: Products;
}

/** The graphs that score, by provider. Providers with equal plans share a file. */
export interface GraphPlans {
  readonly cpu: GraphPlan;
  /** Scores on CPU too, and keeps the states of candidates. */
  readonly cpuStates?: GraphPlan;
  readonly cuda?: GraphPlan;
}

/** Four tile shapes in one batch were the fastest on CPU in measurements with mixed lengths. */
export const maskedPlan: GraphPlan = { layout: 'masked', attentionGroups: 4 };

/** docs/decisions/cuda-graph.md has the reasons. */
export const lengthsPlan: GraphPlan = {
  layout: 'lengths',
  attentionGroups: 1,
  products: 'paired',
};

/** The same tiles over stored and packed keys. */
export const storedPlan: GraphPlan = { layout: 'stored', attentionGroups: 4 };

/**
 * The graphs of a build. CUDA has no kernels for int8 products, and CPUs have none for fp16. States
 * of candidates can be kept only where candidates come before the query.
 */
export function graphPlans(
  precision: Precision,
  order: PromptTemplate['order'] = 'query-first',
): GraphPlans {
  const states = order === 'candidate-first' && precision !== 'fp16';
  return {
    cpu: maskedPlan,
    ...(states && { cpuStates: storedPlan }),
    ...(precision !== 'int8' && { cuda: lengthsPlan }),
  };
}
