import * as ort from 'onnxruntime-node';
import { join } from 'node:path';
import { packBatch } from '../../src/batch/pack/pack-batch.ts';
import { type Feed, tokenPart } from '../../src/batch/packed-batch.ts';
import { paddedSlots, realSlots } from '../../src/batch/slots.ts';
import { sessionSettings } from '../../src/engine/session.ts';
import { linearFlops } from './gemm-chain.ts';
import type { BenchModel, LadderGraphs } from './model.ts';
import { type PaddedHead, paddedFeeds, paddedRuns } from './padded-graph.ts';
import { stockFeeds } from './stock-graph.ts';
import { splitRuns, unshare, type Work } from './work.ts';

/** One way to do the work. Building the batches is part of it, and is timed. */
export interface Variant {
  readonly step: string;
  readonly name: string;
  readonly session: ort.InferenceSession;
  plan(work: Work): Plan;
}

export interface Plan {
  /** Builds the feeds of each run. */
  readonly runs: readonly (() => readonly Feed[])[];
  /** Tokens that the linear layers compute over all runs, padding included. */
  readonly tokens: number;
  readonly paddingTokens: number;
  /** Attention slots over all runs; `padded` includes the real ones. */
  readonly slots: { readonly real: number; readonly padded: number };
  /** Operations that the graph does in linear layers and head, padding included. */
  readonly flops: number;
  /** Tokens of the longest run. */
  readonly runTokens: number;
}

export interface VariantOptions {
  readonly model: BenchModel;
  readonly graphs: LadderGraphs;
  readonly threads: number;
  readonly tokenBudget: number;
  /** The graph of the same model in int8, for step e. */
  readonly int8Graph: string | undefined;
}

/** Does the work of step a with the fused operators of the later steps. */
export const ownOperatorsStep = "a'";

/** Opens the wanted steps. Steps with the same graph, c and d, share a session. */
export async function openVariants(
  options: VariantOptions,
  isWanted: (step: string) => boolean = () => true,
): Promise<Variant[]> {
  const sessions = new Map<string, ort.InferenceSession>();
  const variants: Variant[] = [];
  for (const { path, ...variant } of ladderSteps(options).filter(({ step }) => isWanted(step))) {
    const session = sessions.get(path) ?? (await open(path, options.threads));
    sessions.set(path, session);
    variants.push({ ...variant, session });
  }
  return variants;
}

type LadderStep = Omit<Variant, 'session'> & { readonly path: string };

function ladderSteps(options: VariantOptions): LadderStep[] {
  const { model, graphs } = options;
  const packed = join(model.dir, model.graphs.cpu.score.file);
  const unshared = (work: Work) => ({ ...work, part: unshare(work.part) });
  return [
    {
      step: 'a',
      name: 'stock export: padded, full vocabulary',
      path: graphs.stock,
      plan: (work) => planPadded(work, 'stock', options),
    },
    {
      step: ownOperatorsStep,
      name: 'padded, full vocabulary, our operators',
      path: graphs.vocabulary,
      plan: (work) => planPadded(work, 'vocabulary', options),
    },
    {
      step: 'b',
      name: 'padded, label rows',
      path: graphs.labels,
      plan: (work) => planPadded(work, 'labels', options),
    },
    {
      step: 'c',
      name: 'packed',
      path: packed,
      plan: (work) => planPacked(unshared(work), true, options),
    },
    {
      step: 'd',
      name: 'packed, shared prefix',
      path: packed,
      plan: (work) => planPacked(work, false, options),
    },
    ...(options.int8Graph === undefined
      ? []
      : [
          {
            step: 'e',
            name: 'packed, shared prefix, int8',
            path: options.int8Graph,
            plan: (work: Work) => planPacked(work, false, options),
          },
        ]),
  ];
}

export function open(path: string, threads: number): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(
    path,
    sessionSettings({ provider: 'cpu', deviceId: 0, threads }),
  );
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

function planPadded(
  work: Work,
  kind: 'stock' | PaddedHead,
  { model, tokenBudget }: VariantOptions,
): Plan {
  const runs = paddedRuns(work.part, tokenBudget);
  const { blueprint } = model;
  const tokens = sum(runs.map((run) => run.tokens));
  const rows = runs.flatMap((run) => run.rows);
  const real = sum(rows.map((row) => row.length));
  const longest = Math.max(...rows.map((row) => row.length));
  const headRows = kind === 'labels' ? 2 * rows.length : blueprint.vocabulary * tokens;
  return {
    runs: runs.map(
      (run) => () => (kind === 'stock' ? stockFeeds(run.rows) : paddedFeeds(run.rows, kind)),
    ),
    tokens,
    paddingTokens: tokens - real,
    slots: { real: sum(rows.map((row) => row.length ** 2)), padded: rows.length * longest ** 2 },
    flops: linearFlops(blueprint, tokens, tokens) + 2 * headRows * blueprint.width,
    runTokens: Math.max(...runs.map((run) => run.tokens)),
  };
}

function planPacked(work: Work, isUnshared: boolean, { model, tokenBudget }: VariantOptions): Plan {
  const { blueprint } = model;
  const { score } = model.graphs.cpu;
  const runs = splitRuns(work.part, tokenBudget);
  const batches = runs.map((part) => packBatch([tokenPart(part)], score));
  const tiles = sum(runs.map((run) => run.suffixes.length)) + (isUnshared ? 0 : runs.length);
  const runTokens = batches.map((batch) => batch.tokens);
  const tokens = sum(runTokens);
  return {
    runs: runs.map((part) => () => packBatch([tokenPart(part)], score).feeds),
    tokens,
    paddingTokens: 0,
    slots: { real: realSlots(runs.map(tokenPart)), padded: sum(batches.map(paddedSlots)) },
    flops: linearFlops(blueprint, tokens, tiles),
    runTokens: Math.max(...runTokens),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
