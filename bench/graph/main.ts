import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { at } from '../../src/base/at.ts';
import { messageOf } from '../../src/base/errors.ts';
import { formatTable } from '../../src/base/format-table.ts';
import { parseNumber } from '../../src/cli/shared/option-values.ts';
import { parseOnlyOptions, UsageError } from '../../src/cli/shared/usage.ts';
import { describeMachine } from '../../src/eval/measures/machine.ts';
import { median } from '../../src/eval/measures/metrics.ts';
import type { Blueprint } from '../../src/model/manifest.ts';
import { describeSpeeds, type StepSpeed } from '../ladder/figures.ts';
import { chainFlops, writeGemmChain } from '../ladder/gemm-chain.ts';
import {
  type BenchModel,
  buildRandomModel,
  openBuiltModel,
  smolBlueprint,
  writeLadderGraphs,
} from '../ladder/model.ts';
import {
  graphOf,
  open,
  type Plan,
  planVariant,
  runPlan,
  variantNames,
} from '../ladder/variants.ts';
import { parseShape, standardShapes, type Work } from '../ladder/work.ts';
import { machineText } from '../machine.ts';

const usage = `Usage: npm run bench:graph -- [OPTIONS]

The first steps of bench:ladder on requests of random tokens, as the graph sees them: candidates/s,
padding, GFLOPS, and their share of the rate of a chain of MatMuls with the shapes of the model's
layers, which is measured in turns with them.

  --model DIR    a built fp32 model (default: random weights of the shape of SmolLM2-135M)
  --int8 DIR     adds the step 'int8': the same model in int8
  --shapes LIST  shapes PREFIX+COUNTxLENGTH in tokens, separated by commas
                 (default: ${standardShapes.join(',')})
  --rounds N     over all steps in turns; medians are reported (default: 5)
  --threads N    of each session (default: 1, as a replica has)
  --budget N     most packed tokens of a run (default: 1024, as in the server)
  --out FILE     writes all numbers as JSON`;

const outDir = 'bench/out';

interface Step {
  readonly name: string;
  readonly session: InferenceSession;
  /** The chain of MatMuls in the same precision; undefined where there is none. */
  readonly chain: InferenceSession | undefined;
  plan(work: Work): Plan;
}

interface StepResult {
  readonly step: string;
  readonly runs: number;
  readonly tokens: number;
  readonly paddingTokens: number;
  readonly speed: StepSpeed;
  readonly gflops: number;
  /** Share of the chain's rate at as many tokens. */
  readonly gemmShare: number | undefined;
}

type GraphOptions = ReturnType<typeof parseGraphOptions>;

/** @throws UsageError */
function parseGraphOptions(args: readonly string[]) {
  const values = parseOnlyOptions(args, usage, {
    model: { type: 'string' },
    int8: { type: 'string' },
    shapes: { type: 'string', default: standardShapes.join(',') },
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: '1' },
    budget: { type: 'string', default: '1024' },
    out: { type: 'string' },
  });
  const count = (name: 'rounds' | 'threads' | 'budget') =>
    parseNumber(name, values[name], { min: 1, max: 65_535, whole: true });
  const { model, int8, shapes, out } = values;
  const counts = { rounds: count('rounds'), threads: count('threads') };
  return { model, int8, shapes: shapes.split(','), out, ...counts, tokenBudget: count('budget') };
}

/** @throws Error when the int8 model has another shape: its speed could not be compared. */
async function openSteps(model: BenchModel, options: GraphOptions): Promise<readonly Step[]> {
  const { threads, tokenBudget } = options;
  const dir = join(outDir, 'graph');
  const graphs = await writeLadderGraphs(model, dir);
  await writeGemmChain(model.blueprint, dir);
  const chain = await open(join(dir, 'gemm.onnx'), threads);
  const sessions = new Map<string, InferenceSession>();
  const steps: Step[] = [];
  for (const name of variantNames) {
    const path = graphOf(name, model, graphs);
    const session = sessions.get(path) ?? (await open(path, threads));
    sessions.set(path, session);
    const plan = ({ part }: Work) => planVariant(name, part, { model, tokenBudget });
    steps.push({ name, session, chain, plan });
  }
  return options.int8 === undefined
    ? steps
    : [...steps, await openInt8(options.int8, model, options)];
}

async function openInt8(dir: string, fp32: BenchModel, options: GraphOptions): Promise<Step> {
  const { threads, tokenBudget } = options;
  const model = await openBuiltModel(dir);
  if (JSON.stringify(model.blueprint) !== JSON.stringify(fp32.blueprint)) {
    throw new Error(`--int8 is '${dir}', whose shape differs from that of ${fp32.description}`);
  }
  return {
    name: 'int8',
    session: await open(join(dir, model.graphs.cpu.score.file), threads),
    chain: undefined,
    plan: ({ part }) => planVariant('shared', part, { model, tokenBudget }),
  };
}

/** In each round each step runs right after the chain, so that a slow moment slows both. */
async function measure(
  work: Work,
  steps: readonly Step[],
  { blueprint }: BenchModel,
  rounds: number,
): Promise<readonly StepResult[]> {
  const timed = steps.map((step) => ({
    ...step,
    plan: step.plan(work),
    seconds: [] as number[],
    chainRates: [] as number[],
  }));
  for (let round = -1; round < rounds; round += 1) {
    for (const { session, chain, plan, seconds, chainRates } of timed) {
      const rate = chain && (await timeChain(chain, blueprint, plan.runTokens));
      const startedAtMs = performance.now();
      await runPlan(session, plan);
      // The first round warms all up.
      if (round >= 0) {
        seconds.push((performance.now() - startedAtMs) / 1000);
        chainRates.push(...(rate === undefined ? [] : [rate]));
      }
    }
    process.stderr.write(`${work.name}: round ${round + 1} of ${rounds}\n`);
  }
  const count = work.part.suffixes.length;
  const speeds = describeSpeeds(timed.map(({ seconds }) => seconds.map((time) => count / time)));
  return timed.map(({ name, plan, seconds, chainRates }, i) => {
    const rates = seconds.map((time) => plan.flops / time / 1e9);
    const shares = chainRates.map((rate, round) => at(rates, round) / rate);
    return {
      step: name,
      runs: plan.runs.length,
      tokens: plan.tokens,
      paddingTokens: plan.paddingTokens,
      speed: at(speeds, i),
      gflops: median(rates),
      gemmShare: shares.length === 0 ? undefined : median(shares),
    };
  });
}

/** Resolves to GFLOP/s. */
async function timeChain(session: InferenceSession, blueprint: Blueprint, tokens: number) {
  const x = new Float32Array(tokens * blueprint.width).map((_, i) => Math.sin(i));
  const startedAtMs = performance.now();
  await session.run({ x: new Tensor('float32', x, [tokens, blueprint.width]) });
  return chainFlops(blueprint, tokens) / (performance.now() - startedAtMs) / 1e6;
}

function print(work: Work, results: readonly StepResult[]): void {
  const head = [
    '',
    'candidates/s',
    'x first',
    'runs',
    'tokens',
    'padding %',
    'GFLOPS',
    '% of GEMM',
  ];
  const rows = results.map((each) => [
    each.step,
    each.speed.candidatesPerSecond.toFixed(2),
    each.speed.ofFirst.median.toFixed(2),
    String(each.runs),
    String(each.tokens),
    ((100 * each.paddingTokens) / each.tokens).toFixed(1),
    each.gflops.toFixed(0),
    each.gemmShare === undefined ? '-' : (100 * each.gemmShare).toFixed(0),
  ]);
  process.stdout.write(`\n${work.name} tokens\n${formatTable([head, ...rows])}`);
}

async function main(args: readonly string[]): Promise<void> {
  const options = parseGraphOptions(args);
  const random = { outDir, precision: 'fp32' } as const;
  const model =
    options.model === undefined
      ? await buildRandomModel('smollm2-135m', smolBlueprint, random)
      : await openBuiltModel(options.model);
  const works = options.shapes.map((shape) => parseShape(shape, model.blueprint.vocabulary));
  const machine = describeMachine();
  process.stdout.write(`${model.description}\n${machineText(machine)}\n`);
  const steps = await openSteps(model, options);
  const results: Record<string, readonly StepResult[]> = {};
  for (const work of works) {
    const found = await measure(work, steps, model, options.rounds);
    print(work, found);
    results[work.name] = found;
  }
  if (options.out !== undefined) {
    const { threads, tokenBudget, rounds } = options;
    const report = { machine, model: model.description, threads, tokenBudget, rounds, results };
    await mkdir(dirname(options.out), { recursive: true });
    await writeFile(options.out, `${JSON.stringify(report, undefined, 1)}\n`);
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`bench:graph: ${messageOf(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
