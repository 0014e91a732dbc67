import type { LayoutPlan } from '../../batch/layouts/layout.ts';
import type { Precision } from '../../model/manifest.ts';

/** How a graph is written. */
export type GraphPlan = LayoutPlan;

/** The graphs that score, by provider. Providers with equal plans share a file. */
export interface GraphPlans {
  readonly cpu: GraphPlan;
  readonly cuda?: GraphPlan;
}

/** Four tile shapes in one batch were the fastest on CPU in measurements with mixed lengths. */
export const maskedPlan: GraphPlan = { layout: 'masked', attentionGroups: 4 };

/** The graphs of a build. CUDA has no kernels for int8 products. */
export function graphPlans(precision: Precision): GraphPlans {
  return precision === 'int8' ? { cpu: maskedPlan } : { cpu: maskedPlan, cuda: maskedPlan };
}
