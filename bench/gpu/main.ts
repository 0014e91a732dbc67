import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { parseOptions } from '../../src/cli/shared/usage.ts';
import { messageOf } from '../../src/base/errors.ts';
import type { Blueprint } from '../../src/model/manifest.ts';
import { packBatch } from '../../src/batch/pack/pack-batch.ts';
import { tokenPart } from '../../src/batch/packed-batch.ts';
import { linearFlops } from '../ladder/gemm-chain.ts';
import {
  type BenchModel,
  buildRandomModel,
  openBuiltModel,
  smolBlueprint,
} from '../ladder/model.ts';
import { parseShape, splitRuns, standardShapes } from '../ladder/work.ts';
import { describeMachine } from '../../src/eval/measures/machine.ts';
import { median } from '../../src/eval/measures/metrics.ts';
import { benchGraph, openBenchSession, type Provider, startReplica } from './bench-session.ts';
import { largeGemmTflops, profileByOperator } from './profile.ts';
import { at } from '../../src/base/at.ts';

const usage = `Usage: npm run bench:gpu -- [OPTIONS]

Measures a CUDA host: whether scores equal the CPU's, the speed by token budget, the time by
operator, the gain from a second replica, and whether scaling up and down leaks memory. Place the
CUDA libraries first: bench/gpu/place-cuda.sh

  --model DIR      also measures a built fp16 model; otherwise only random weights of the SmolLM2 and
                   Qwen3-0.6B shapes
  --seconds N      length of each measurement (default 5)
  --cycles N       how often a replica is added and removed (default 50)
  --small          measures tiny random models only, to test this script
  --provider NAME  cuda, or cpu with --small (default cuda)
  --json FILE      writes all numbers to this file
`;

const outDir = 'bench/out';
/** The largest allowed difference in logits between fp16 on CUDA and fp32 on the CPU. */
const tolerance = 0.1;

const qwenDense: Blueprint = {
  ...smolBlueprint,
  family: 'qwen3',
  layers: 28,
  width: 1024,
  mlpWidth: 3072,
  heads: 16,
  kvHeads: 8,
  headDim: 128,
  vocabulary: 151_936,
  ropeTheta: 1_000_000,
  normEpsilon: 1e-6,
  qkNorm: true,
};
const small: Blueprint = { ...smolBlueprint, layers: 2, vocabulary: 512 };

const { values } = parseOptions(process.argv.slice(2), usage, {
  model: { type: 'string' },
  seconds: { type: 'string', default: '5' },
  cycles: { type: 'string', default: '50' },
  small: { type: 'boolean', default: false },
  provider: { type: 'string', default: 'cuda' },
  json: { type: 'string' },
});
const provider: Provider = values.provider === 'cpu' && values.small ? 'cpu' : 'cuda';
const seconds = Number(values.seconds);
const answers: Record<string, unknown>[] = [];

function answer(question: number, row: Record<string, unknown>): void {
  answers.push({ question, ...row });
  console.log(
    `${question}  ${Object.entries(row)
      .map(([k, v]) => `${k}: ${typeof v === 'number' ? Number(v.toPrecision(4)) : String(v)}`)
      .join('  ')}`,
  );
}

/** 1. Whether a session opens and gives the CPU's scores. */
async function compareWithCpu(name: string, blueprint: Blueprint): Promise<BenchModel> {
  const full = await buildRandomModel(name, blueprint, { outDir, precision: 'fp32' });
  const half = await buildRandomModel(name, blueprint, { outDir, precision: 'fp16' });
  const { part } = parseShape('40+16x32', blueprint.vocabulary);
  const logits = async (model: BenchModel, on: Provider) => {
    const session = await openBenchSession(model, on);
    const scores = await session.run(packBatch([tokenPart(part)], benchGraph(model, on)));
    await session.close();
    return scores;
  };
  const expected = await logits(full, 'cpu');
  const found = await logits(half, provider);
  const difference = Math.max(...expected.map((value, i) => Math.abs(value - at(found, i))));
  answer(1, {
    model: name,
    'largest logit difference': difference,
    tolerance,
    passes: difference <= tolerance,
  });
  return half;
}

/** 2. Candidates per second and p99 by token budget. */
async function measureBudgets(model: BenchModel): Promise<void> {
  const session = await openBenchSession(model, provider);
  const graph = benchGraph(model, provider);
  const budgets = values.small ? [1024] : [1024, 4096, 8192, 16_384, 32_768];
  for (const shape of standardShapes) {
    const { part } = parseShape(shape, model.blueprint.vocabulary);
    for (const tokenBudget of budgets) {
      // As in the server, a large budget is filled with several requests.
      const runs = splitRuns(part, tokenBudget);
      const tokens = part.prefix.length + part.suffixes.reduce((sum, s) => sum + s.length, 0);
      const requests = runs.length > 1 ? 1 : Math.max(1, Math.floor(tokenBudget / tokens));
      const once = async () => {
        for (const run of runs) {
          const parts = Array.from({ length: requests }, () => run);
          await session.run(packBatch(parts.map(tokenPart), graph));
        }
      };
      await once();
      const times: number[] = [];
      const endAtMs = performance.now() + seconds * 1000;
      while (performance.now() < endAtMs || times.length < 3) {
        const startedAtMs = performance.now();
        await once();
        times.push((performance.now() - startedAtMs) / 1000);
      }
      const sorted = times.toSorted((a, b) => a - b);
      const candidates = requests * part.suffixes.length;
      const total = times.reduce((a, b) => a + b, 0);
      const rows = runs.length * requests;
      const flops = linearFlops(
        model.blueprint,
        requests * (tokens + (runs.length - 1) * part.prefix.length),
        candidates + rows,
      );
      answer(2, {
        model: model.description,
        shape,
        budget: tokenBudget,
        'candidates/s': (candidates * times.length) / total,
        'p50 ms': 1000 * median(times),
        'p99 ms': 1000 * at(sorted, Math.floor(0.99 * sorted.length)),
        'linear TFLOP/s': flops / median(times) / 1e12,
      });
    }
  }
  await session.close();
}

/** 3. The share of the time that each operator takes. */
async function profile(model: BenchModel): Promise<void> {
  const { part } = parseShape('50+50x150', model.blueprint.vocabulary);
  const operators = await profileByOperator(model, provider, part, outDir);
  const total = [...operators].reduce(
    (sum, [name, us]) => sum + (name.startsWith('kernel ') ? 0 : us),
    0,
  );
  for (const [operator, us] of [...operators].slice(0, 20)) {
    answer(3, { model: model.description, operator, 'share %': (100 * us) / total });
  }
}

/** 4. Candidates per second of one replica and of two on one device. */
async function compareReplicas(model: BenchModel): Promise<void> {
  const { part } = parseShape('50+50x150', model.blueprint.vocabulary);
  for (const count of [1, 2]) {
    const replicas = Array.from({ length: count }, () =>
      startReplica({ model: plain(model), provider, parts: [part] }),
    );
    await Promise.all(replicas.map((replica) => replica.ready));
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    const done = await Promise.all(replicas.map((replica) => replica.stop()));
    const rate = done.reduce((sum, { scored, seconds: time }) => sum + scored / time, 0);
    answer(4, { model: model.description, replicas: count, 'candidates/s': rate });
  }
}

/** 5. Device memory while a replica is added and removed beside a busy one. */
async function scaleUnderLoad(model: BenchModel, cycles: number): Promise<void> {
  const task = {
    model: plain(model),
    provider,
    parts: [parseShape('40+16x32', model.blueprint.vocabulary).part],
  };
  const steady = startReplica(task);
  await steady.ready;
  const memory: number[] = [];
  for (let cycle = 0; cycle < cycles; cycle++) {
    const extra = startReplica(task);
    await extra.ready;
    await extra.stop();
    memory.push(usedDeviceMb());
  }
  const { scored } = await steady.stop();
  answer(5, {
    cycles,
    'scored meanwhile': scored,
    'VRAM MB after the first cycle': memory[0],
    'VRAM MB after the last cycle': memory.at(-1),
    'most VRAM MB': Math.max(...memory),
  });
}

function plain({ description, dir, graphs }: BenchModel) {
  return { description, dir, graphs };
}

function usedDeviceMb(): number {
  try {
    const args = ['--query-gpu=memory.used', '--format=csv,noheader,nounits', '--id=0'];
    return Number(execFileSync('nvidia-smi', args, { encoding: 'utf8' }).trim());
  } catch {
    return NaN;
  }
}

/** @throws Error when a session cannot be opened on the provider. */
async function assertProvider(): Promise<void> {
  const probe = await buildRandomModel(
    'probe',
    { ...small, layers: 1 },
    { outDir, precision: 'fp16' },
  );
  await (await openBenchSession(probe, provider)).close();
}

async function run(): Promise<void> {
  const machine = describeMachine();
  console.log(
    `${machine.cpu}, node ${machine.node}, commit ${machine.commit}, provider ${provider}`,
  );
  const models = values.small
    ? [await compareWithCpu('small', small)]
    : [await compareWithCpu('smollm2-135m', smolBlueprint)];
  if (!values.small) {
    for (const [name, blueprint] of [
      ['qwen3-0.6b', qwenDense],
      ['qwen3-0.6b-pruned', { ...qwenDense, layers: 20, mlpWidth: 1536 }],
    ] as const) {
      models.push(await buildRandomModel(name, blueprint, { outDir, precision: 'fp16' }));
    }
  }
  if (values.model !== undefined) {
    models.push(await openBuiltModel(values.model));
  }
  for (const model of models) {
    await measureBudgets(model);
  }
  answer(3, {
    'large GEMM TFLOP/s': await largeGemmTflops(provider, outDir, values.small ? 256 : 8192),
  });
  for (const model of models) {
    await profile(model);
    await compareReplicas(model);
  }
  await scaleUnderLoad(at(models, 0), Number(values.cycles));
  console.log('to measure gRPC too: start a server with SLMRANK_DEVICES=cuda:0, then npm run load');
  if (values.json !== undefined) {
    await writeFile(values.json, `${JSON.stringify({ machine, answers }, undefined, 2)}\n`);
  }
}

try {
  await assertProvider();
} catch (error) {
  console.error(`nothing was measured: no ${provider} session opens (${messageOf(error).trim()})`);
  console.error(
    'bench/gpu/place-cuda.sh places the CUDA libraries; its first lines say what else is needed',
  );
  process.exit(1);
}
await run();
