import { expect, test } from '@jest/globals';
import { BucketTuner } from '../../src/schedule/buckets/bucket-tuning.ts';
import { DepthController } from '../../src/schedule/forecast/depth.ts';
import { FakeClock } from '../support/fakes/clock.ts';
import { type GaugeParts, readGauges } from '../../src/pipeline/gauges.ts';

const parts = (tokens: number): GaugeParts => ({
  admission: { held: { candidates: 3, tokens } },
  scheduler: {
    estimateMs: (asked) => 10 + asked,
    waiting: { requests: 1, running: 2, candidates: 4, tokens: 5 },
  },
  cache: undefined,
  depth: new DepthController({ floor: 130, ceiling: 250, targetMs: 200 }, new FakeClock()),
  tuner: new BucketTuner({ mode: 'off', buckets: [64], most: 3, onProposal: () => undefined }),
});

test('the gauges have what is admitted, what waits of it, and how long it takes', () => {
  expect(readGauges(parts(100))).toMatchObject({
    admittedCandidates: 3,
    admittedTokens: 100,
    queuedMs: 110,
    queuedRequests: 1,
    runningRequests: 2,
    queuedCandidates: 4,
    queuedTokens: 5,
    rankingDepth: 250,
    cacheEntries: 0,
    proposedBucketWaste: 0,
  });
});

test('nothing admitted takes no time', () => {
  expect(readGauges(parts(0)).queuedMs).toBe(0);
});
