import { parseOptions, UsageError } from '../../src/cli/shared/usage.ts';
import { projectFolder } from '../../src/toolchain/build/project-folder.ts';
import { type Clock, clocks } from '../clock-seconds.ts';

const usage = `Usage: slmrank report pareto --beir DIR [OPTIONS]

Measures every model and run of a plan on one BEIR folder, at each text budget: NDCG@10 with intervals, with and without
titles, parameters, size, and candidates/s side by side. Prints tables, writes pareto.json, pareto.html, front.svg and
budgets.svg. What is finished is not computed again: Control-C and the same command go on where it stopped.

  --beir DIR            the data (default: PARETO_BEIR)
  --split NAME          which qrels (default: dev)
  --run FILE            the first stage's run (default: DIR/runs/pool.trec.gz)
  --plan FILE           the rows (default: bench/pareto/plan.json)
  --models DIR          where the plan's models are (default: PARETO_MODELS, or models)
  --only NAMES          these rows, comma between; the plan's reference is always among them
  --skip-missing        leave out rows whose model or run is not there, and say so
  --limit N             at most N queries, spread evenly over the run
  --candidate-tokens N,N,...
                        text budgets: how many tokens of a candidate are read, title included (default: 24,64,128);
                        the plan's runs must have been made with the same
  --token-budget N      packed tokens of a batch (default: 1024)
  --devices SLOTS       as SLMRANK_DEVICES, of each model (default: cpu:1)
  --no-speed            leave candidates/s out
  --rounds N            of the speed measurement (default: 5)
  --speed-candidates N  in each round (default: 64)
  --clock wall|cpu      of the speed measurement; cpu for a machine that others use too (default: wall)
  --state DIR           scores and built models kept between runs (default: bench/out/pareto); delete its models after
                        a change of the toolchain, as they are built again only for another checkpoint or recipe
  --out DIR             where the report goes (default: bench/out/pareto)`;

export interface ParetoOptions {
  readonly beir: string;
  readonly split: string;
  readonly run: string;
  readonly plan: string;
  readonly models: string;
  /** Undefined for all rows. */
  readonly only: readonly string[] | undefined;
  readonly skipMissing: boolean;
  readonly limit: number;
  /** Text budgets, ascending. */
  readonly candidateTokens: readonly number[];
  readonly tokenBudget: number;
  readonly devices: string;
  readonly speed: SpeedOptions | undefined;
  readonly state: string;
  readonly out: string;
}

export interface SpeedOptions {
  readonly rounds: number;
  readonly candidates: number;
  readonly clock: Clock;
}

/** @throws UsageError */
export function parseParetoOptions(
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): ParetoOptions {
  const { values } = parseOptions(args, usage, {
    beir: { type: 'string', default: env['PARETO_BEIR'] ?? '' },
    split: { type: 'string', default: 'dev' },
    run: { type: 'string' },
    plan: { type: 'string', default: projectFolder('bench/pareto/plan.json') },
    models: { type: 'string', default: env['PARETO_MODELS'] ?? projectFolder('models') },
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
  });
  if (values.beir === '') {
    throw new UsageError(`--beir is missing\n\n${usage}`);
  }
  return {
    ...{ beir: values.beir, split: values.split, plan: values.plan, models: values.models },
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
    ...{ state: values.state, out: values.out },
  };
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
  const twice = budgets.find((budget, i) => budgets.indexOf(budget) !== i);
  if (twice !== undefined) {
    throw new UsageError(`--candidate-tokens has ${twice} twice; each budget may stand once`);
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
