import { parseArgs } from 'node:util';
import { systemClock } from '../../src/base/clock.ts';
import { readManifest, scoreGraph } from '../../src/model/manifest.ts';
import type { BatchRunner, EncodedRequest, PackedBatch } from '../../src/batch/packed-batch.ts';
import { BucketTuner } from '../../src/schedule/buckets/bucket-tuning.ts';
import { createCostModel } from '../../src/schedule/costs/cost.ts';
import { packBatch } from '../../src/batch/pack/pack-batch.ts';
import { createPolicy } from '../../src/schedule/policy/policy.ts';
import { Scheduler } from '../../src/schedule/scheduler.ts';
import { defaultRecipe, ensureModel } from '../../src/toolchain/build/ensure-model.ts';
import { at } from '../../src/base/at.ts';
import { describeMachine } from '../../src/eval/measures/machine.ts';
import { encodeRequests } from './real-requests.ts';

// Measures the padding of attention tiles by ladder of buckets, for real requests in the real
// scheduler.

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    requests: { type: 'string', default: '100' },
    'at-once': { type: 'string', default: '8' },
  },
});

interface Waste {
  readonly batches: number;
  readonly waste: number;
}

const model = values.model ?? (await ensureModel(defaultRecipe, 'cpu'));
const manifest = await readManifest(model);
const graph = scoreGraph(manifest, 'cpu');
const { attentionGroups } = graph;

/** Answers every batch at once without running it. */
const runner: BatchRunner = {
  name: 'cpu#0',
  run: ({ candidates }: PackedBatch) =>
    Promise.resolve({ ok: true, logits: new Float32Array(2 * candidates), runMs: 1 }),
};

async function measure(
  requests: readonly EncodedRequest[],
  buckets: readonly number[],
  tokenBudget: number,
): Promise<Waste> {
  let real = 0;
  let padded = 0;
  let batches = 0;
  const scheduler = new Scheduler({
    policy: createPolicy({
      tokenBudget,
      lingerMs: 0,
      attentionGroups,
      shareTokens: Math.ceil(tokenBudget / 4),
      agingMs: 1_000,
      deferrableWaitMs: Number.POSITIVE_INFINITY,
    }),
    pack: (parts) => packBatch(parts, graph),
    cost: createCostModel(),
    buckets,
    clock: systemClock,
    tell: (event) => {
      if (event.kind === 'batch') {
        real += event.realSlots;
        padded += event.paddedSlots;
        batches += 1;
      }
    },
  });
  scheduler.setReplicas([runner], 0);
  const queue = requests.values();
  const lanes = Array.from({ length: Number(values['at-once']) }, async () => {
    for (const request of queue) {
      await scheduler.schedule(request, {
        deadlineAtMs: systemClock.nowMs() + 600_000,
        signal: new AbortController().signal,
        partialOk: false,
        priority: 'interactive',
        client: '',
      });
    }
  });
  await Promise.all(lanes);
  return { batches, waste: 1 - real / padded };
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

console.log(JSON.stringify(describeMachine()));
for (const candidates of [8, 50, 250]) {
  const mix = { requests: Number(values.requests), candidates };
  const requests = await encodeRequests(model, manifest, mix);
  const fit = (most: number) => {
    const tuner = new BucketTuner({ mode: 'propose', buckets: manifest.buckets, most, period: 1 });
    tuner.observe({
      prefix: at(requests, 0).prefix,
      candidates: requests.flatMap((each) => each.candidates),
    });
    return tuner;
  };
  const tuner = fit(attentionGroups + 2);
  const ladders = [
    ['one bucket', [manifest.blueprint.rowTokens]],
    ["the manifest's buckets", manifest.buckets],
    ['fitted', tuner.proposed?.buckets ?? []],
    ['fitted, as many as in the manifest', fit(manifest.buckets.length).proposed?.buckets ?? []],
    ['every length', Array.from({ length: manifest.blueprint.rowTokens }, (_, i) => i + 1)],
  ] as const;
  console.log(`\n${mix.requests} requests of ${candidates} postings, ${values['at-once']} at once`);
  console.log(
    `fitted: ${tuner.proposed?.buckets.join(' ')}; bound ${percent(tuner.current.waste)} -> ${percent(tuner.proposed?.waste ?? 0)}`,
  );
  for (const tokenBudget of [1024, 8192]) {
    for (const [name, buckets] of ladders) {
      const { batches, waste } = await measure(requests, buckets, tokenBudget);
      console.log(`budget ${tokenBudget}, ${name}: waste ${percent(waste)}, ${batches} batches`);
    }
  }
}
