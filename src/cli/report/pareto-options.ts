import { type Clock, clocks } from '../../eval/measures/clock-seconds.ts';
import type { ParetoOptions } from '../../eval/report/measure.ts';
import { projectFolder } from '../../toolchain/build/project-folder.ts';
import { parseOptions, UsageError } from '../shared/usage.ts';

const usage = `Usage: slmrank report pareto --beir DIR [OPTIONS]

Measures every model and run of a plan on one BEIR folder, at each text budget: NDCG@10 with intervals, with and without
titles, parameters, size, and candidates/s. Prints tables, and writes pareto.json, pareto.html, front.svg and budgets.svg.
Finished work is kept: after Control-C the same command continues where it stopped.

  --beir DIR            the data (default: PARETO_BEIR)
  --split NAME          which qrels (default: dev)
  --run FILE            the first stage's run (default: DIR/runs/pool.trec.gz)
  --plan FILE           the rows (default: src/eval/report/plan.json)
  --models DIR          where the plan's models are (default: PARETO_MODELS, or models)
  --only NAMES          only these rows, separated by commas, and the plan's reference
  --skip-missing        leave out rows whose model or run does not exist, and list them
  --limit N             at most N queries, spread evenly over the run
  --candidate-tokens N,N,...
                        text budgets: most tokens of a candidate that are read, title included (default: 24,64,128);
                        the plan's runs must have been made with the same budgets
  --token-budget N      most packed tokens of a batch (default: 1024)
  --devices SLOTS       of each model, in the format of SLMRANK_DEVICES (default: cpu:1)
  --no-speed            do not measure candidates/s
  --rounds N            of the speed measurement (default: 5)
  --speed-candidates N  in each round (default: 64)
  --clock wall|cpu      of the speed measurement; cpu when other processes use the machine too (default: wall)
  --state DIR           for the scores and models that are kept (default: bench/out/pareto); delete its models after a
                        change of the toolchain, because only another checkpoint or recipe causes a new build
  --out DIR             where the report is written (default: bench/out/pareto)`;

/** @throws UsageError */
export function parseParetoOptions(
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): ParetoOptions & { readonly out: string } {
  const { values } = parseOptions(args, usage, definitionsIn(env));
  if (values.beir === '') {
    throw new UsageError(`--beir is missing\n\n${usage}`);
  }
  return {
    beir: values.beir,
    split: values.split,
    plan: values.plan,
    models: values.models,
    run: values.run ?? `${values.beir}/runs/pool.trec.gz`,
    only: values.only?.split(',').map((name) => name.trim()),
    skipMissing: values['skip-missing'],
    limit: values.limit === undefined ? Infinity : count('--limit', values.limit),
    candidateTokens: parseBudgets(values['candidate-tokens']),
    tokenBudget: count('--token-budget', values['token-budget']),
    devices: values.devices,
    speed: values['no-speed']
      ? undefined
      : {
          rounds: count('--rounds', values.rounds),
          candidates: count('--speed-candidates', values['speed-candidates']),
          clock: parseClock(values.clock),
        },
    state: values.state,
    out: values.out,
  };
}

function definitionsIn({ PARETO_BEIR, PARETO_MODELS }: NodeJS.ProcessEnv) {
  return {
    beir: { type: 'string', default: PARETO_BEIR ?? '' },
    split: { type: 'string', default: 'dev' },
    run: { type: 'string' },
    plan: { type: 'string', default: projectFolder('src/eval/report/plan.json') },
    models: { type: 'string', default: PARETO_MODELS ?? projectFolder('models') },
    only: { type: 'string' },
    'skip-missing': { type: 'boolean', default: false },
    limit: { type: 'string' },
    'candidate-tokens': { type: 'string', default: '24,64,128' },
    'token-budget': { type: 'string', default: '1024' },
    devices: { type: 'string', default: 'cpu:1' },
    'no-speed': { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    'speed-candidates': { type: 'string', default: '64' },
    clock: { type: 'string', default: 'wall' },
    state: { type: 'string', default: projectFolder('bench/out/pareto') },
    out: { type: 'string', default: projectFolder('bench/out/pareto') },
  } as const;
}

function count(flag: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new UsageError(`${flag} is '${text}'; a whole number of at least 1 is needed`);
  }
  return value;
}

function parseBudgets(text: string): readonly number[] {
  const budgets = text.split(',').map((each) => count('--candidate-tokens', each));
  const repeated = budgets.find((budget, i) => budgets.indexOf(budget) !== i);
  if (repeated !== undefined) {
    throw new UsageError(`--candidate-tokens has ${repeated} twice; each budget is allowed once`);
  }
  return budgets.toSorted((a, b) => a - b);
}

function parseClock(text: string): Clock {
  const clock = clocks.find((each) => each === text);
  if (clock === undefined) {
    throw new UsageError(`--clock is '${text}'; ${clocks.join(' or ')} is needed`);
  }
  return clock;
}
