import type { Config } from '../../config/config.ts';
import type { Call } from '../../domain/call.ts';
import { packedSizeOf } from '../../batch/packed-size.ts';
import type { Permit } from '../../schedule/admission.ts';
import type { BucketTuner } from '../../schedule/buckets/bucket-tuning.ts';
import type { CostModel } from '../../schedule/costs/cost.ts';
import type { Scheduler } from '../../schedule/scheduler.ts';
import { resolveStates } from '../../states/resolve-states.ts';
import type { StateStore } from '../../states/state-store.ts';
import type { ComputedShare } from '../plan/computed-share.ts';
import type { TokenEstimator } from '../plan/estimate-tokens.ts';
import type { EncodedCandidates } from './encode-candidates.ts';
import { type CandidateRun, scheduleCandidates } from './schedule-candidates.ts';

export interface RunParts {
  readonly config: Pick<Config, 'tokenBudget'>;
  readonly scheduler: Pick<Scheduler, 'schedule'>;
  readonly states?: StateStore | undefined;
  readonly cost: Pick<CostModel, 'observeEncode'>;
  readonly tuner: Pick<BucketTuner, 'observe'>;
  readonly tokens: Pick<TokenEstimator, 'learn'>;
  readonly computed: ComputedShare;
}

/**
 * Scores encoded candidates, with states where they are kept. What is learnt from the request
 * improves the estimates for later ones.
 *
 * @throws RankError that names candidates by their places in the request.
 */
export async function runCandidates(
  encoded: EncodedCandidates,
  call: Call,
  permit: Permit | undefined,
  parts: RunParts,
): Promise<CandidateRun> {
  const { config, scheduler, states } = parts;
  const resolved = resolveStates(encoded.request, states);
  const own = { ...encoded, request: resolved.request };
  try {
    permit?.correct(packedSizeOf(own.request, config.tokenBudget));
    learn(own, parts);
    return await scheduleCandidates(own, call, scheduler);
  } finally {
    resolved.release();
  }
}

function learn(
  { kept, request, encodeMs }: EncodedCandidates,
  { cost, tuner, tokens, computed }: RunParts,
): void {
  cost.observeEncode(encodeMs);
  tuner.observe(request);
  computed.observe(request);
  tokens.learn(
    kept.map(({ candidate }) => candidate),
    request,
  );
}
