import type { Fleet } from '../../../src/cache/shared-scores.ts';
import { ScoreCache } from '../../../src/cache/score-cache.ts';
import { type EstimateTokens, TokenEstimator } from '../../../src/pipeline/plan/estimate-tokens.ts';
import { Pipeline } from '../../../src/pipeline/pipeline.ts';
import { ReplicaSet } from '../../../src/pool/replica-set.ts';
import type { RankRequest } from '../../../src/domain/rank.ts';
import { Admission } from '../../../src/schedule/admission.ts';
import { type CostModel, createCostModel } from '../../../src/schedule/costs/cost.ts';
import { BucketTuner } from '../../../src/schedule/buckets/bucket-tuning.ts';
import { DepthController, type DepthLimits } from '../../../src/schedule/forecast/depth.ts';
import type { TextRoom } from '../../../src/schedule/text-room.ts';
import { settle } from './clock.ts';
import { FakeEncoders } from './encoders.ts';
import { fakeRequest } from './runner.ts';
import { setUpScheduler } from './scheduler.ts';
import { noDeadline, testRequest } from '../models/tiny-pipeline.ts';

const neverOpened = () => {
  throw new Error('a replica was opened');
};

const neverPacked = () => {
  throw new Error('a batch was packed');
};

/** A packed token takes a millisecond, and nothing else is learnt. */
export const millisecondTokens: CostModel = {
  ...createCostModel(),
  observe: () => undefined,
  observeEncode: () => undefined,
  estimateMs: ({ packedTokens }) => packedTokens,
};

const knowsNothing = { calibrate: () => Promise.resolve(), learn: () => undefined };

interface PipelineSetting {
  readonly depth?: Pick<DepthLimits, 'floor' | 'ceiling'>;
  /** How tokens are estimated; by the real estimator unless given. */
  readonly estimate?: EstimateTokens;
  readonly texts?: TextRoom;
  /** The cost of batches; by default it is unknown, and admission then ignores deadlines. */
  readonly cost?: CostModel;
  readonly fleet?: Fleet;
}

/**
 * The real pipeline with a fake encoder and fake replicas. `rank` sends a request, `encode` answers
 * the last encoding.
 */
export function setUpPipeline(
  mode: 'apply' | 'propose' = 'propose',
  { depth = { floor: 1, ceiling: 2 }, cost, estimate, texts, fleet }: PipelineSetting = {},
) {
  const { clock, scheduler, runner } = setUpScheduler(cost === undefined ? {} : { cost });
  const admission = new Admission(
    { candidates: 100, tokens: 1_000 },
    (tokens) => tokens,
    ...(cost === undefined ? [] : [scheduler]),
  );
  const encoders = new FakeEncoders();
  const estimator = new TokenEstimator(
    { prefix: '', context: '', title: '', suffix: '', instruction: '', order: 'query-first' },
    { candidateTokens: 100, rowTokens: 1_000, tokenBudget: 100 },
  );
  const pipeline = new Pipeline({
    config: { candidateTokens: 100, devices: [], maxCallMs: 60_000, tokenBudget: 100 },
    manifest: { name: 'tiny', fingerprint: 'f' },
    clock,
    tokens: { ...knowsNothing, estimate: estimate ?? estimator.estimate },
    cache: new ScoreCache({ entries: 100, ttlMs: 1_000_000 }, clock),
    fleet,
    depth: new DepthController({ ...depth, targetMs: 100 }, clock),
    tuner: new BucketTuner({ mode, buckets: [10, 20, 40], most: 3, period: 3 }),
    admission,
    ...(texts === undefined ? {} : { texts }),
    encoders,
    scheduler,
    replicas: new ReplicaSet([], neverOpened),
    cost: createCostModel(),
    pack: neverPacked,
  });
  const rank = (changed: Partial<RankRequest> = {}, call = noDeadline()) => {
    const reply = pipeline.rank(testRequest('abcd', ['x'.repeat(40), 'y', ''], changed), call);
    reply.catch(() => undefined);
    return reply;
  };
  const encode = async (lengths: readonly number[] = [9, 5, 7], firstId = 0) => {
    encoders.asked.at(-1)?.reply.resolve(fakeRequest(lengths, { firstId }));
    await settle();
  };
  return { clock, runner, admission, encoders, pipeline, rank, encode };
}
