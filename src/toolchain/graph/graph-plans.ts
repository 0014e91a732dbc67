import type { LayoutPlan } from '../../batch/layouts/layout.ts';
import type { Precision } from '../../model/manifest.ts';

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

/** The graphs of a build. CUDA has no kernels for int8 products. */
export function graphPlans(precision: Precision): GraphPlans {
  return precision === 'int8' ? { cpu: maskedPlan } : { cpu: maskedPlan, cuda: lengthsPlan };
}
