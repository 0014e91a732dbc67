import { packedTokens, planGroups } from '../../src/batch/pack/pack-batch.ts';
import type { BatchPart } from '../../src/batch/packed-batch.ts';
import { segmentCost } from '../../src/batch/segment.ts';
import { toPart } from '../../src/encode/assert-answers.ts';
import { readManifest } from '../../src/model/manifest.ts';
import { defaultRecipe, ensureModel } from '../../src/toolchain/build/ensure-model.ts';
import { lengthsPlan, maskedPlan } from '../../src/toolchain/graph/graph-plans.ts';
import { encodeRequests } from './real-requests.ts';

// Measures on real requests what the attention tiles of each layout pad, and what it would cost to
// give batches one of a few numbers of tokens (docs/decisions/cuda-graph.md). Runs no model.

/** The number of tokens that a batch of T is padded to. */
const ladders: Readonly<Record<string, (tokens: number, budget: number) => number>> = {
  'one number': (_tokens, budget) => budget,
  'powers of two': (tokens) => 2 ** Math.ceil(Math.log2(tokens)),
  'steps of 1.25': (tokens) => 1.25 ** Math.ceil(Math.log(tokens) / Math.log(1.25)),
};

/** Batches of up to `atOnce` requests within the budget; larger requests are divided by length. */
function fill(requests: readonly BatchPart[], budget: number, atOnce: number): BatchPart[][] {
  const batches: BatchPart[][] = [];
  let batch: BatchPart[] = [];
  for (const part of requests.flatMap((request) => divide(request, budget))) {
    if (batch.length === atOnce || packedTokens([...batch, part]) > budget) {
      batches.push(batch);
      batch = [];
    }
    batch.push(part);
  }
  return [...batches, batch].filter(({ length }) => length > 0);
}

function divide({ prefix, suffixes }: BatchPart, budget: number): readonly BatchPart[] {
  const parts: BatchPart[] = [];
  let own: BatchPart['suffixes'] = [];
  for (const suffix of suffixes.toSorted((a, b) => segmentCost(a) - segmentCost(b))) {
    const more = [...own, suffix];
    if (packedTokens([{ prefix, suffixes: more }]) > budget) {
      parts.push({ prefix, suffixes: own });
      own = [suffix];
    } else {
      own = more;
    }
  }
  return [...parts, { prefix, suffixes: own }];
}

function describe(batches: readonly BatchPart[][], budget: number): readonly string[] {
  const tokens = batches.map(packedTokens);
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const perToken = (value: number) => (value / sum(tokens)).toFixed(2);
  const layouts = [maskedPlan, lengthsPlan].map((plan) => {
    const groups = batches.flatMap((batch) => planGroups(batch, plan));
    const rows = sum(groups.map((group) => group.tiles * group.rows));
    const keys = sum(groups.map((group) => group.tiles * group.keys));
    return `${plan.layout} ${perToken(rows)} rows and ${perToken(keys)} keys a token`;
  });
  const padding = Object.entries(ladders).map(([name, ladder]) => {
    const padded = sum(tokens.map((each) => Math.min(budget, ladder(each, budget))));
    return `${name} +${Math.round(100 * (padded / sum(tokens) - 1))} %`;
  });
  return [`${batches.length} batches`, ...layouts, ...padding];
}

const model = await ensureModel(defaultRecipe, 'cpu');
const manifest = await readManifest(model);
for (const candidates of [8, 50, 250]) {
  const mix = { requests: Math.ceil(6000 / candidates), candidates };
  const requests = (await encodeRequests(model, manifest, mix)).map(toPart);
  for (const budget of [8192, 32_768]) {
    for (const atOnce of [1, 8]) {
      const found = describe(fill(requests, budget, atOnce), budget);
      console.log(
        `${candidates} postings, budget ${budget}, ${atOnce} at once: ${found.join('; ')}`,
      );
    }
  }
}
