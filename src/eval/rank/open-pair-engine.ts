import { join } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import type { LayoutPlan } from '../../batch/layouts/layout.ts';
import type { BatchRunner } from '../../batch/packed-batch.ts';
import { providerOf, type ServedConfig } from '../../config/config.ts';
import { createRequestEncoder } from '../../encode/request-encoder.ts';
import { type Manifest, scoreGraph } from '../../model/manifest.ts';
import { openReplicas } from '../../pool/open-pools.ts';
import { createCostModel } from '../../schedule/costs/cost.ts';
import type { PairEncoder } from './pair-batches.ts';

/** A built model, ready to score pairs. */
export interface PairEngine extends PairEncoder {
  /** How batches are packed for the runners' graph. */
  readonly plan: LayoutPlan;
  /** One for each replica. */
  readonly runners: readonly BatchRunner[];
}

export interface OpenPairEngine extends PairEngine {
  /** Waits for running batches, then ends the threads of the replicas. */
  close(): Promise<void>;
}

/**
 * Opens a built model with the folder, device slots and budgets of `config`: its encoder in this
 * thread, and a warm replica on each slot.
 *
 * @throws RankError when the model does not load.
 */
export async function openPairEngine(
  config: ServedConfig,
  manifest: Manifest,
): Promise<OpenPairEngine> {
  const { prefixTokens, candidateTokens, tokenBudget } = config;
  const encoder = createRequestEncoder({
    tokenizerPath: join(config.model, manifest.tokenizer.file),
    template: manifest.template,
    normalize: manifest.normalize,
    limits: { prefixTokens, candidateTokens, rowTokens: manifest.blueprint.rowTokens },
  });
  const replicas = openReplicas({
    config,
    manifest,
    clock: systemClock,
    cost: createCostModel(),
    onOffer: () => undefined,
  });
  try {
    await replicas.warm();
  } catch (error) {
    await replicas.drain();
    throw error;
  }
  return {
    encoder,
    order: manifest.template.order,
    tokenBudget,
    plan: scoreGraph(manifest, providerOf(config.devices)),
    runners: replicas.offer().runners,
    close: () => replicas.drain(),
  };
}
