import { join } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import type { ServedConfig } from '../../config/config.ts';
import { RankError } from '../../base/errors.ts';
import type { Manifest } from '../../model/manifest.ts';
import { openReplicas } from '../../pool/open-pools.ts';
import type { BatchRunner } from '../../batch/packed-batch.ts';
import { createCostModel } from '../../schedule/costs/cost.ts';
import { createRequestEncoder } from '../../encode/request-encoder.ts';
import type { RunBatch } from '../../batch/score-rows.ts';
import type { PairEngine } from './score-pairs.ts';

export interface OpenPairEngine extends PairEngine {
  /** Waits for what runs, then ends the replicas' threads. */
  close(): Promise<void>;
}

/**
 * A built model as `config` says it is to be served (folder, device slots, budgets): its encoder in this thread, and a
 * warm replica on each slot.
 *
 * @throws RankError when it does not load.
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
    ...{ config, manifest, clock: systemClock, cost: createCostModel() },
    onOffer: () => undefined,
  });
  try {
    await replicas.warm();
  } catch (error) {
    await replicas.drain();
    throw error;
  }
  return {
    ...{ encoder, tokenBudget, order: manifest.template.order },
    attentionGroups: manifest.attentionGroups,
    runners: replicas.offer().runners.map(toRun),
    close: () => replicas.drain(),
  };
}

/** What failed is not tried again: nobody waits for an answer, and the reason should be seen. */
function toRun(runner: BatchRunner): RunBatch {
  return async (batch) => {
    const outcome = await runner.run(batch);
    if (!outcome.ok) {
      const kind = outcome.kind === 'internal' ? 'internal' : 'replica-failed';
      const advice =
        outcome.kind === 'out-of-memory' ? '; a smaller SLMRANK_TOKEN_BUDGET may do' : '';
      throw new RankError(kind, `${runner.name}: ${outcome.message}${advice}`);
    }
    return outcome.logits;
  };
}
