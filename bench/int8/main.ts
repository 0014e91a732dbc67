import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread, Worker } from 'node:worker_threads';
import { InferenceSession } from 'onnxruntime-node';
import { at } from '../../src/base/at.ts';
import { messageOf } from '../../src/base/errors.ts';
import { formatTable } from '../../src/base/format-table.ts';
import { packBatch } from '../../src/batch/pack/pack-batch.ts';
import { type Feed, tokenPart } from '../../src/batch/packed-batch.ts';
import { parseNumber } from '../../src/cli/shared/option-values.ts';
import { parseOnlyOptions, UsageError } from '../../src/cli/shared/usage.ts';
import { sessionSettings } from '../../src/engine/session.ts';
import { readSeconds } from '../../src/eval/measures/clock-seconds.ts';
import { describeMachine } from '../../src/eval/measures/machine.ts';
import { median } from '../../src/eval/measures/metrics.ts';
import { type Manifest, readManifest } from '../../src/model/manifest.ts';
import { linearFlops } from '../ladder/gemm-chain.ts';
import { toTensors } from '../ladder/variants.ts';
import { parseShape, splitRuns, type Work } from '../ladder/work.ts';
import { machineText } from '../machine.ts';
import { type Int8Products, openInt8Products } from './products.ts';

const usage = `Usage: npm run bench:int8 -- [OPTIONS]

How near the graphs of int8 models get to their own products: candidates/s, and the share of the
rate of the bare u8 x s8 products of the same layers, measured in turns in one thread of this
process, as a replica has. Times are processor times. All models need the shape of the first.

  --models DIRS  built int8 models, separated by commas; the first is the baseline
                 (default: models/artifacts/slmrank-55m-int8)
  --arena LIST   ONNX Runtime's memory of a session: kept (as in the server), freed (given back to
                 malloc after each use), or both (default: kept)
  --shapes LIST  shapes PREFIX+COUNTxLENGTH in tokens (default: 40+16x32,50+50x150,12+50x44)
  --rounds N     over all graphs in turns; medians are reported (default: 7)
  --budget N     most packed tokens of a run (default: 1024, as in the server)
  --out FILE     writes all numbers as JSON`;

interface Subject {
  readonly name: string;
  readonly manifest: Manifest;
  readonly session: InferenceSession;
}

interface Result {
  readonly name: string;
  readonly candidatesPerSecond: number;
  /** Speed relative to the first graph: the median over rounds. */
  readonly ratio: number;
  /** Time of the products over time of the graph, with as many operations: the median. */
  readonly share: number;
  readonly gops: number;
  readonly productGops: number;
}

/** @throws UsageError */
function parseInt8Options(args: readonly string[]) {
  const values = parseOnlyOptions(args, usage, {
    models: { type: 'string', default: 'models/artifacts/slmrank-55m-int8' },
    arena: { type: 'string', default: 'kept' },
    shapes: { type: 'string', default: '40+16x32,50+50x150,12+50x44' },
    rounds: { type: 'string', default: '7' },
    budget: { type: 'string', default: '1024' },
    out: { type: 'string' },
  });
  const arenas = values.arena.split(',');
  if (arenas.some((arena) => arena !== 'kept' && arena !== 'freed')) {
    throw new UsageError(`--arena is '${values.arena}'; kept, freed or both are possible`);
  }
  const count = (name: 'rounds' | 'budget') =>
    parseNumber(name, values[name], { min: 1, max: 65_535, whole: true });
  return {
    models: values.models.split(','),
    arenas,
    shapes: values.shapes.split(','),
    rounds: count('rounds'),
    budget: count('budget'),
    out: values.out,
  };
}

async function openSubjects(
  models: readonly string[],
  arenas: readonly string[],
): Promise<Subject[]> {
  const subjects: Subject[] = [];
  for (const dir of models) {
    const manifest = await readManifest(dir);
    for (const arena of arenas) {
      const session = await InferenceSession.create(join(dir, manifest.graphs.cpu.score.file), {
        ...sessionSettings({ provider: 'cpu', deviceId: 0, threads: 1 }),
        enableCpuMemArena: arena === 'kept',
      });
      subjects.push({ name: `${dir}, memory ${arena}`, manifest, session });
    }
  }
  return subjects;
}

async function measure(
  { part }: Work,
  subjects: readonly Subject[],
  products: Int8Products,
  { rounds, budget }: { rounds: number; budget: number },
): Promise<Result[]> {
  const runs = splitRuns(part, budget);
  const timed = subjects.map(({ manifest, session, name }) => {
    const batches = runs.map((run) => packBatch([tokenPart(run)], manifest.graphs.cpu.score));
    const operations = batches.map(({ tokens }, i) =>
      linearFlops(manifest.blueprint, tokens, at(runs, i).suffixes.length + 1),
    );
    return { name, session, batches, operations, seconds: [] as number[] };
  });
  const tokens = at(timed, 0).batches.map((batch) => batch.tokens);
  const productSeconds: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const productTime = await timeOf(() => inTurn(tokens, (count) => products.run(count)));
    for (const { session, batches, seconds } of timed) {
      const time = await timeOf(() => inTurn(batches, ({ feeds }) => runFeeds(session, feeds)));
      // The first round warms all up.
      seconds.push(...(round < 0 ? [] : [time]));
    }
    productSeconds.push(...(round < 0 ? [] : [productTime]));
  }
  const productOperations = sum(tokens.map((count) => products.operations(count)));
  const productGops = productSeconds.map((time) => productOperations / time / 1e9);
  return timed.map(({ name, seconds, operations }) => {
    const gops = seconds.map((time) => sum(operations) / time / 1e9);
    return {
      name,
      candidatesPerSecond: part.suffixes.length / median(seconds),
      ratio: median(seconds.map((time, i) => at(at(timed, 0).seconds, i) / time)),
      share: median(gops.map((rate, i) => rate / at(productGops, i))),
      gops: median(gops),
      productGops: median(productGops),
    };
  });
}

async function timeOf(work: () => Promise<void>): Promise<number> {
  const start = readSeconds('cpu');
  await work();
  return readSeconds('cpu') - start;
}

async function inTurn<T>(items: readonly T[], use: (item: T) => Promise<void>): Promise<void> {
  for (const item of items) {
    await use(item);
  }
}

async function runFeeds(session: InferenceSession, feeds: readonly Feed[]): Promise<void> {
  await session.run(toTensors(feeds));
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

function print(work: Work, results: readonly Result[]): void {
  const head = ['', 'candidates/s', 'x first', 'GOPS', 'products GOPS', '% of products'];
  const rows = results.map(({ name, candidatesPerSecond, ratio, gops, productGops, share }) => [
    name,
    candidatesPerSecond.toFixed(1),
    ratio.toFixed(3),
    gops.toFixed(0),
    productGops.toFixed(0),
    (100 * share).toFixed(1),
  ]);
  process.stdout.write(`\n${work.name} tokens\n${formatTable([head, ...rows])}`);
}

async function main(args: readonly string[]): Promise<void> {
  const { models, arenas, shapes, out, ...limits } = parseInt8Options(args);
  const machine = describeMachine();
  process.stdout.write(`${machineText(machine)}\n`);
  const dir = join('bench/out', 'int8');
  await mkdir(dir, { recursive: true });
  const subjects = await openSubjects(models, arenas);
  const { blueprint } = at(subjects, 0).manifest;
  const products = await openInt8Products(blueprint, dir);
  const results: Record<string, readonly Result[]> = {};
  for (const shape of shapes) {
    const work = parseShape(shape, blueprint.vocabulary);
    const found = await measure(work, subjects, products, limits);
    print(work, found);
    results[shape] = found;
  }
  if (out !== undefined) {
    await mkdir(dirname(out), { recursive: true });
    await writeFile(out, `${JSON.stringify({ machine, ...limits, results }, undefined, 1)}\n`);
  }
}

try {
  // malloc and its arenas differ between the main thread and others, and replicas are others.
  if (isMainThread) {
    new Worker(fileURLToPath(import.meta.url), { argv: process.argv.slice(2) });
  } else {
    await main(process.argv.slice(2));
  }
} catch (error) {
  process.stderr.write(`bench:int8: ${messageOf(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
