import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseOptions } from '../../src/cli/shared/usage.ts';
import { at } from '../../src/base/at.ts';
import { readDemoData } from '../../src/eval/data/demo-data.ts';
import { describeMachine } from '../../src/eval/measures/machine.ts';
import { peakMemoryMb } from '../machine.ts';
import { measureWork, runOnce, type WorkResult } from './measure.ts';
import {
  type BenchModel,
  buildRandomModel,
  ladderGraphs,
  openBuiltModel,
  smolBlueprint,
  writeLadderGraphs,
} from './model.ts';
import { open, openVariants } from './variants.ts';
import { parseShape, standardShapes, type Work } from './work.ts';

const usage = `Usage: npm run bench:ladder -- [OPTIONS]

Does the same work in several ways and compares their speed:

  a    padded to the longest pair, logits of the whole vocabulary, in the plain operators of a
       stock export, which ONNX Runtime fuses where it can
  a'   the same in our operators (fused norms, rotation and attention)
  b    padded, label rows only
  c    packed
  d    packed, with a shared prefix
  e    the same as d in int8; needs --int8

The columns 'x a' and "x a'" are speeds relative to a and to a'.

  --model DIR       a built fp32 model (default models/artifacts/smollm2-135m-instruct-fp32, or random
                    weights of its shape if it is not built)
  --int8 DIR        the same model built with --precision int8
  --shapes LIST     shapes PREFIX+COUNTxLENGTH in tokens, separated by commas
                    (default ${standardShapes.join(',')})
  --postings N      also ranks N real postings for a demo query; needs a built model (default 12, 0 for none)
  --rounds N        rounds over all variants; medians are reported (default 5)
  --threads N       intra-op threads of each session (default 1, as in the server)
  --budget N        most packed tokens in a run (default 1024, as in the server)
  --clock CLOCK     wall, or cpu for the processor time of this process on a busy machine (default wall)
  --json FILE       writes all numbers to this file
`;

const outDir = 'bench/out';
const defaultModel = 'models/artifacts/smollm2-135m-instruct-fp32';

async function findModel(dir: string | undefined): Promise<BenchModel> {
  try {
    return await openBuiltModel(dir ?? defaultModel);
  } catch (error) {
    if (dir !== undefined) {
      throw error;
    }
    const name = 'smollm2-135m';
    return buildRandomModel(name, smolBlueprint, { outDir, precision: 'fp32' });
  }
}

/** The first demo query and its first candidates, encoded by the model's template and tokenizer. */
async function postingsWork({ encoder }: BenchModel, count: number): Promise<Work[]> {
  if (encoder === undefined || count === 0) {
    return [];
  }
  const { query, candidates: passages } = at((await readDemoData('models/demo')).queries, 0);
  const outcome = encoder.encode({
    query,
    instruction: undefined,
    context: undefined,
    candidates: passages.slice(0, count).map((passage) => ({ ...passage, version: undefined })),
    truncation: 'end',
    maxCandidateTokens: undefined,
  });
  if (!outcome.ok) {
    throw new Error(outcome.message);
  }
  const { prefix, candidates } = outcome.encoded;
  const suffixes = candidates.map(({ ids }) => ids);
  const lengths = suffixes.map(({ length }) => length);
  const name = `${prefix.length}+${suffixes.length} postings of ${Math.min(...lengths)}-${Math.max(...lengths)}`;
  return [{ name, part: { prefix, suffixes } }];
}

function print(result: WorkResult): void {
  const { work, candidates } = result;
  console.log(`\n${work} tokens, ${candidates} candidates`);
  console.table(
    Object.fromEntries(
      result.variants.map((row, index) => [
        `${row.step} ${row.name}`,
        {
          'cand/s': row.candidatesPerSecond.toFixed(2),
          'x a': row.ratio.toFixed(2),
          "x a'": row.ratioToOwnOperators.toFixed(2),
          ms: Math.round(row.seconds * 1000),
          runs: row.runs,
          tokens: row.tokens,
          'padding %': ((100 * row.paddingTokens) / row.tokens).toFixed(1),
          'tile padding %': (100 * row.attentionWaste).toFixed(1),
          GFLOPS: row.gflops.toFixed(0),
          'gemm GFLOPS': result.gemm[index]?.gflops.toFixed(0),
          '% of gemm': (100 * row.gemmShare).toFixed(0),
          'peak MB': Math.round(row.peakMb),
        },
      ]),
    ),
  );
}

/** @throws Error when the model has another blueprint: its speed could not be compared. */
async function findInt8Graph(dir: string): Promise<string> {
  const int8 = await openBuiltModel(dir);
  if (JSON.stringify(int8.blueprint) !== JSON.stringify(model.blueprint)) {
    throw new Error(
      `--int8 is '${dir}', whose blueprint differs from that of --model (${model.description})`,
    );
  }
  return join(dir, int8.graphs.cpu.score.file);
}

const { values } = parseOptions(process.argv.slice(2), usage, {
  model: { type: 'string' },
  int8: { type: 'string' },
  shapes: { type: 'string', default: standardShapes.join(',') },
  postings: { type: 'string', default: '12' },
  rounds: { type: 'string', default: '5' },
  threads: { type: 'string', default: '1' },
  budget: { type: 'string', default: '1024' },
  clock: { type: 'string', default: 'wall' },
  json: { type: 'string' },
  peak: { type: 'string' },
});
const clock = values.clock === 'cpu' ? 'cpu' : 'wall';
const threads = Number(values.threads);
const tokenBudget = Number(values.budget);
const rounds = Number(values.rounds);

/** Measures a variant's peak memory in a process of its own: this file with `--peak STEP:WORK`. */
function measurePeak(step: string, work: number): number {
  const again = [...process.execArgv, ...process.argv.slice(1), '--peak', `${step}:${work}`];
  return Number(execFileSync(process.execPath, again, { encoding: 'utf8' }));
}

const model = await findModel(values.model);
const graphDir = join(outDir, 'ladder');
const int8Graph = values.int8 === undefined ? undefined : await findInt8Graph(values.int8);
const works = [
  ...values.shapes.split(',').map((shape) => parseShape(shape, model.blueprint.vocabulary)),
  ...(await postingsWork(model, Number(values.postings))),
];

/** Prints the megabytes and nothing else; `measurePeak` reads them. */
async function reportPeak(wanted: string): Promise<void> {
  const graphs = ladderGraphs(graphDir);
  const options = { model, graphs, threads, tokenBudget, int8Graph };
  const [wantedStep, index] = wanted.split(':');
  const work = works[Number(index)];
  const [variant] = await openVariants(options, (step) => step === wantedStep);
  const first = work && variant?.plan(work).runs[0];
  if (variant !== undefined && first !== undefined) {
    await runOnce(variant.session, first);
  }
  process.stdout.write(String(peakMemoryMb()));
}

async function runLadder(): Promise<void> {
  const machine = describeMachine();
  console.log(
    `${machine.cpu}, ${machine.cores} cores, node ${machine.node}, commit ${machine.commit}`,
  );
  console.log(`model: ${model.description}`);
  console.log(
    `${threads} thread(s), runs of at most ${tokenBudget} tokens, ${rounds} rounds interleaved, medians, ${clock} time`,
  );
  const graphs = await writeLadderGraphs(model, graphDir);
  const variants = await openVariants({ model, graphs, threads, tokenBudget, int8Graph });
  const gemm = await open(graphs.gemm, threads);
  const results: WorkResult[] = [];
  for (const [index, work] of works.entries()) {
    const peakMb = (step: string) => measurePeak(step, index);
    const settings = { rounds, clock, gemm, blueprint: model.blueprint, peakMb } as const;
    const result = await measureWork(work, variants, settings);
    print(result);
    results.push(result);
  }
  if (values.json !== undefined) {
    const report = {
      machine,
      model: model.description,
      threads,
      tokenBudget,
      rounds,
      clock,
      results,
    };
    await writeFile(values.json, `${JSON.stringify(report, undefined, 2)}\n`);
  }
}

await (values.peak === undefined ? runLadder() : reportPeak(values.peak));
