import * as ort from 'onnxruntime-node';
import type { Blueprint } from '../../src/model/manifest.ts';
import { type Clock, readSeconds } from '../../src/eval/measures/clock-seconds.ts';
import { median } from '../../src/eval/measures/metrics.ts';
import { chainFlops } from './gemm-chain.ts';
import { ownOperatorsStep, type Plan, toTensors, type Variant } from './variants.ts';
import type { Work } from './work.ts';
import { at } from '../../src/base/at.ts';

export interface VariantResult {
  readonly step: string;
  readonly name: string;
  readonly runs: number;
  readonly tokens: number;
  readonly paddingTokens: number;
  /** Share of the attention slots that are padding. */
  readonly attentionWaste: number;
  readonly seconds: number;
  readonly secondsOfRounds: readonly number[];
  readonly candidatesPerSecond: number;
  /** Speed relative to variant a: the median over rounds. */
  readonly ratio: number;
  /** Speed relative to variant a', which excludes the gain from fused operators. */
  readonly ratioToOwnOperators: number;
  readonly gflops: number;
  /** Share of the MatMul chain's GFLOP/s at the same number of tokens: the median over rounds. */
  readonly gemmShare: number;
  /** Peak memory of a process that opens this variant alone and does its first run. */
  readonly peakMb: number;
}

export interface WorkResult {
  readonly work: string;
  readonly candidates: number;
  readonly gemm: readonly { readonly tokens: number; readonly gflops: number }[];
  readonly variants: readonly VariantResult[];
}

interface Timed {
  readonly variant: Variant;
  readonly plan: Plan;
  readonly seconds: number[];
  /** GFLOP/s of the chain, measured before each round. */
  readonly gemm: number[];
}

/**
 * Times all variants in turn, round by round, each right after a MatMul chain of its run length, so
 * that a slower machine slows all of them. Every variant is warmed up by one run.
 */
export async function measureWork(
  work: Work,
  variants: readonly Variant[],
  options: {
    rounds: number;
    clock: Clock;
    gemm: ort.InferenceSession;
    blueprint: Blueprint;
    peakMb: (step: string) => number;
  },
): Promise<WorkResult> {
  const timed = variants.map(
    (variant): Timed => ({ variant, plan: variant.plan(work), seconds: [], gemm: [] }),
  );
  for (const { variant, plan } of timed) {
    await runOnce(variant.session, at(plan.runs, 0));
  }
  await timeChain(256, options);
  for (let round = 0; round < options.rounds; round++) {
    for (const each of timed) {
      each.gemm.push(await timeChain(each.plan.runTokens, options));
      await timePlan(each, options.clock);
    }
    process.stderr.write(`${work.name}: round ${round + 1} of ${options.rounds}\n`);
  }
  const secondsOf = (step: string) =>
    timed.find(({ variant }) => variant.step === step)?.seconds ?? [];
  const bases = { stock: secondsOf('a'), ownOperators: secondsOf(ownOperatorsStep) };
  return {
    work: work.name,
    candidates: work.part.suffixes.length,
    gemm: timed.map(({ plan, gemm }) => ({ tokens: plan.runTokens, gflops: median(gemm) })),
    variants: timed.map((each) => ({
      ...summarize(each, work, bases),
      peakMb: options.peakMb(each.variant.step),
    })),
  };
}

async function timePlan(timed: Timed, clock: Clock): Promise<void> {
  const start = readSeconds(clock);
  for (const feeds of timed.plan.runs) {
    await runOnce(timed.variant.session, feeds);
  }
  timed.seconds.push(readSeconds(clock) - start);
}

export async function runOnce(
  session: ort.InferenceSession,
  feeds: Plan['runs'][number],
): Promise<void> {
  const { logits } = await session.run(toTensors(feeds()));
  if (!Number.isFinite(logits?.data[0])) {
    throw new Error(`a variant's first logit is ${String(logits?.data[0])}; it must be finite`);
  }
}

/** Resolves to GFLOP/s. */
async function timeChain(
  tokens: number,
  { gemm, blueprint, clock }: { gemm: ort.InferenceSession; blueprint: Blueprint; clock: Clock },
): Promise<number> {
  const x = new Float32Array(tokens * blueprint.width).map((_, i) => Math.sin(i));
  const feeds = { x: new ort.Tensor('float32', x, [tokens, blueprint.width]) };
  const start = readSeconds(clock);
  await gemm.run(feeds);
  return chainFlops(blueprint, tokens) / (readSeconds(clock) - start) / 1e9;
}

function summarize(
  { variant, plan, seconds, gemm }: Timed,
  work: Work,
  bases: { readonly stock: readonly number[]; readonly ownOperators: readonly number[] },
) {
  const time = median(seconds);
  const ratioTo = (base: readonly number[]) =>
    median(seconds.map((second, round) => at(base, round) / second));
  const rates = seconds.map((second) => plan.flops / second / 1e9);
  return {
    step: variant.step,
    name: variant.name,
    runs: plan.runs.length,
    tokens: plan.tokens,
    paddingTokens: plan.paddingTokens,
    attentionWaste: 1 - plan.slots.real / plan.slots.padded,
    seconds: time,
    secondsOfRounds: seconds,
    candidatesPerSecond: work.part.suffixes.length / time,
    ratio: ratioTo(bases.stock),
    ratioToOwnOperators: ratioTo(bases.ownOperators),
    gflops: median(rates),
    gemmShare: median(rates.map((rate, round) => rate / at(gemm, round))),
  };
}
