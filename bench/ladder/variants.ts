import * as ort from 'onnxruntime-node';
import { join } from 'node:path';
import { at } from '../../src/base/at.ts';
import { packBatch, packedTokens } from '../../src/batch/pack/pack-batch.ts';
import { type Feed, type TokenPart, tokenPart } from '../../src/batch/packed-batch.ts';
import { sessionSettings } from '../../src/engine/session.ts';
import { linearFlops } from './gemm-chain.ts';
import type { BenchModel, LadderGraphs } from './model.ts';
import { type StockHead, stockFeeds } from './stock-graph.ts';
import { paddedRuns, splitRuns, unshare } from './work.ts';

/** Ways to score a request in this process; each changes one thing of the way before. */
export const variantNames = ['stock', 'labels', 'packed', 'shared'] as const;
export type VariantName = (typeof variantNames)[number];

export interface Plan {
  readonly runs: readonly Run[];
  /** Tokens that the linear layers compute over all runs, padding included. */
  readonly tokens: number;
  readonly paddingTokens: number;
  /** Operations that the graph does in linear layers and head, padding included. */
  readonly flops: number;
  /** Tokens of the longest run. */
  readonly runTokens: number;
}

export interface Run {
  /** Building the inputs is part of the work, and is timed. */
  feeds(): readonly Feed[];
  /** Its candidates, by their places in the request. */
  readonly places: readonly number[];
  /** Where the logits of yes and no of its i-th candidate are in the output. */
  logitsAt(i: number): readonly [yes: number, no: number];
}

export interface PlanOptions {
  readonly model: BenchModel;
  /** Most tokens of a run. */
  readonly tokenBudget: number;
}

export function planVariant(name: VariantName, part: TokenPart, options: PlanOptions): Plan {
  switch (name) {
    case 'stock':
      return planPadded(unshare(part).suffixes, 'vocabulary', options);
    case 'labels':
      return planPadded(unshare(part).suffixes, 'labels', options);
    case 'packed':
      return planPacked(unshare(part), options);
    case 'shared':
      return planPacked(part, options);
  }
}

/** The graph that runs a variant. */
export function graphOf(name: VariantName, model: BenchModel, graphs: LadderGraphs): string {
  return name === 'stock' || name === 'labels'
    ? graphs[name]
    : join(model.dir, model.graphs.cpu.score.file);
}

export function open(path: string, threads: number): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(
    path,
    sessionSettings({ provider: 'cpu', deviceId: 0, threads }),
  );
}

/**
 * Resolves to logit(yes) - logit(no) of each candidate.
 *
 * @throws Error when one is not finite.
 */
export async function runPlan(
  session: ort.InferenceSession,
  { runs }: Plan,
): Promise<readonly number[]> {
  const margins: number[] = [];
  for (const run of runs) {
    const { logits } = await session.run(toTensors(run.feeds()));
    const values = logits?.data as Float32Array;
    run.places.forEach((place, i) => {
      const [yes, no] = run.logitsAt(i);
      margins[place] = at(values, yes) - at(values, no);
    });
  }
  const odd = margins.find((margin) => !Number.isFinite(margin));
  if (odd !== undefined) {
    throw new Error(`a candidate's logits differ by ${odd}; the difference must be finite`);
  }
  return margins;
}

export function toTensors(feeds: readonly Feed[]): Record<string, ort.Tensor> {
  const tensor = ({ data, dims }: Feed) => {
    if (data instanceof Int32Array) {
      return new ort.Tensor('int32', data, dims);
    }
    return data instanceof Float32Array
      ? new ort.Tensor('float32', data, dims)
      : new ort.Tensor('int64', data, dims);
  };
  return Object.fromEntries(feeds.map((feed) => [feed.name, tensor(feed)]));
}

function planPadded(rows: readonly Int32Array[], head: StockHead, options: PlanOptions): Plan {
  const { blueprint, labelIds } = options.model;
  const { vocabulary, width } = blueprint;
  const runs = paddedRuns(rows, options.tokenBudget);
  const sizes = runs.map((run) => run.length * lengthOf(run));
  const tokens = sum(sizes);
  const headRows = head === 'labels' ? 2 * rows.length : vocabulary * tokens;
  return {
    runs: runs.map((run) => ({
      feeds: () => stockFeeds(run, head),
      places: run.map((row) => rows.indexOf(row)),
      logitsAt: (i) => {
        const last = i * lengthOf(run) + at(run, i).length - 1;
        const [yes, no] = labelIds;
        return head === 'labels'
          ? [2 * i, 2 * i + 1]
          : [last * vocabulary + yes, last * vocabulary + no];
      },
    })),
    tokens,
    paddingTokens: tokens - sum(rows.map((row) => row.length)),
    flops: linearFlops(blueprint, tokens, tokens) + 2 * headRows * width,
    runTokens: Math.max(...sizes),
  };
}

function planPacked(part: TokenPart, { model, tokenBudget }: PlanOptions): Plan {
  const { blueprint, graphs } = model;
  const runs = splitRuns(part, tokenBudget);
  const sizes = runs.map((run) => packedTokens([tokenPart(run)]));
  const prefixes = part.prefix.length === 0 ? 0 : runs.length;
  const tokens = sum(sizes);
  return {
    runs: runs.map((run) => ({
      feeds: () => packBatch([tokenPart(run)], graphs.cpu.score).feeds,
      places: run.suffixes.map((suffix) => part.suffixes.indexOf(suffix)),
      logitsAt: (i) => [2 * i, 2 * i + 1],
    })),
    tokens,
    paddingTokens: 0,
    flops: linearFlops(blueprint, tokens, part.suffixes.length + prefixes),
    runTokens: Math.max(...sizes),
  };
}

/** Each run is padded to its own longest pair. */
function lengthOf(rows: readonly Int32Array[]): number {
  return Math.max(...rows.map((row) => row.length));
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
