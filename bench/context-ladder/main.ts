import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { at } from '../../src/base/at.ts';
import { messageOf } from '../../src/base/errors.ts';
import { UsageError } from '../../src/cli/shared/usage.ts';
import { describeMachine } from '../../src/eval/measures/machine.ts';
import { readParetoData } from '../../src/eval/report/input/data.ts';
import { measureQuality } from './quality.ts';
import { type LadderOptions, parseLadderOptions } from './options.ts';
import { formatLadder, type LadderReport } from './report.ts';
import { pickRequests, type Request, timeRequests } from './serve.ts';
import { openServers, type Servers } from './servers.ts';
import { describeSpeeds, type LadderPlan, modelNames, orderOfRound, planLadder } from './steps.ts';

/** Candidates of each request. */
const depth = 50;

async function main(args: readonly string[]): Promise<void> {
  const options = parseLadderOptions(args);
  const plan = await findSteps(options);
  plan.leftOut.forEach(({ name, missing }) =>
    say(`'${name}' is left out: there is no built model in ${missing}`),
  );
  if (plan.steps.length === 0) {
    throw new UsageError('none of the models is there: name them with --dense, --fp32 and --int8');
  }
  await mkdir(options.state, { recursive: true });
  const report = await measure(options, plan);
  process.stdout.write(`\n${formatLadder(report)}`);
  if (options.out !== undefined) {
    await writeFile(options.out, `${JSON.stringify(report, undefined, 1)}\n`);
    say(`Saved ${options.out}`);
  }
}

async function findSteps({ models }: LadderOptions): Promise<LadderPlan> {
  const look = async (name: 'dense' | 'fp32' | 'int8') => {
    const folder = models[name];
    const isThere = await access(join(folder, 'manifest.json')).then(
      () => true,
      () => false,
    );
    return [name, { folder, isThere }] as const;
  };
  const found = Object.fromEntries(await Promise.all(modelNames.map(look)));
  return planLadder(found as Parameters<typeof planLadder>[0]);
}

async function measure(options: LadderOptions, plan: LadderPlan): Promise<LadderReport> {
  const data = await readParetoData({ ...options, limit: Infinity });
  const requests = pickRequests(data, options.speedQueries, depth);
  const total = requests.reduce((sum, { candidates }) => sum + candidates.length, 0);
  const servers = await openServers(plan.steps, data, { ...options, say });
  try {
    const { summaries } = servers;
    const figures =
      options.limit === 0
        ? []
        : await measureQuality(plan.steps, { ...options, data, summaries: summaries.texts, say });
    const seconds = await timeRounds(servers, requests, options.rounds);
    const speeds = describeSpeeds(seconds, total);
    return {
      machine: describeMachine(),
      options,
      candidates: { requests: requests.length, candidates: total },
      queries: Math.min(options.limit, data.run.size),
      methods: summaries.methods,
      steps: plan.steps.map((step, place) => {
        const quality = figures[place];
        return {
          ...step,
          seconds: at(seconds, place),
          speed: at(speeds, place),
          ...(quality === undefined ? {} : { figures: quality }),
        };
      }),
      leftOut: plan.leftOut,
    };
  } finally {
    await servers.close();
  }
}

/** Seconds of each step, of each round. One request warms each step up. */
async function timeRounds(
  { steps }: Servers,
  requests: readonly Request[],
  rounds: number,
): Promise<readonly (readonly number[])[]> {
  const seconds = steps.map((): number[] => []);
  for (const server of steps) {
    await timeRequests(server, requests.slice(0, 1));
  }
  for (let round = 0; round < rounds; round += 1) {
    say(`speed, round ${round + 1} of ${rounds}`);
    for (const place of orderOfRound(steps.length, round)) {
      at(seconds, place).push(await timeRequests(at(steps, place), requests));
    }
  }
  return seconds;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`bench:context-ladder: ${messageOf(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
