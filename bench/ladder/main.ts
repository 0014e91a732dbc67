import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { at } from '../../src/base/at.ts';
import { systemClock } from '../../src/base/clock.ts';
import { messageOf } from '../../src/base/errors.ts';
import { UsageError } from '../../src/cli/shared/usage.ts';
import { describeMachine } from '../../src/eval/measures/machine.ts';
import { forEachInFlight } from '../../src/eval/rank/in-flight.ts';
import type { Precision } from '../../src/model/manifest.ts';
import {
  artifactFolder,
  buildRecipe,
  defaultRecipe,
  findBuilt,
} from '../../src/toolchain/build/ensure-model.ts';
import { readRecipe } from '../../src/toolchain/build/recipe.ts';
import { spread } from '../items/check.ts';
import { describeQuality, describeSpeeds, largestDrift, repeatsFor } from './figures.ts';
import { type LadderOptions, parseLadderOptions } from './options.ts';
import { type Ranker, Rankers } from './rankers.ts';
import { drawLadder, formatLadder, type LadderReport, leastSeconds } from './report.ts';
import { type Answer, type LadderData, readRequests, type Request } from './requests.ts';
import { borrowQuality, orderOfRound, planLadder, type Step } from './steps.ts';

const defaultDense = 'models/artifacts/slmrank-135m-fp32';

async function main(args: readonly string[]): Promise<void> {
  const options = parseLadderOptions(args);
  const dense = options.models.dense ?? defaultDense;
  const hasDense = await access(join(dense, 'manifest.json')).then(
    () => true,
    () => false,
  );
  const plan = planLadder(hasDense);
  plan.leftOut.forEach(({ names, why }) => say(`Left out: ${names.join(', ')}: ${why}`));
  const data = await readRequests(options);
  await mkdir(options.state, { recursive: true });
  const models = {
    dense,
    fp32: options.models.fp32 ?? (await ensureBundled('fp32')),
    int8: options.models.int8 ?? (await ensureBundled('int8')),
  };
  const rankers = new Rankers({ ...options, models, requests: data.requests, say });
  try {
    const report = await measure(plan.steps, { rankers, data, options });
    await save({ ...report, leftOut: plan.leftOut }, options.out);
  } finally {
    await rankers.close();
  }
}

async function ensureBundled(precision: Precision): Promise<string> {
  const recipe = await readRecipe(defaultRecipe);
  const found = await findBuilt(recipe, precision);
  const to = artifactFolder(recipe.name, precision);
  await (found ?? buildRecipe(recipe, { precision, to, onProgress: say }));
  return found ?? to;
}

interface Measurement {
  readonly rankers: Rankers;
  readonly data: LadderData;
  readonly options: LadderOptions;
}

async function measure(
  steps: readonly Step[],
  { rankers, data, options: { titles, rounds, ...options } }: Measurement,
): Promise<Omit<LadderReport, 'leftOut'>> {
  const opened: Ranker[] = [];
  for (const step of steps) {
    opened.push(await rankers.open(step));
  }
  const judged = await measureQuality(steps, opened, data);
  const requests = spread(data.requests, options.requests);
  const { rates, drifts } = await timeSteps(steps, opened, { requests, rounds });
  const speeds = describeSpeeds(rates);
  const sizeOf = (some: readonly Request[]) => ({
    requests: some.length,
    candidates: countCandidates(some),
  });
  return {
    machine: describeMachine(),
    data: { name: data.name, titles, isJudged: judged !== undefined, ...sizeOf(data.requests) },
    speed: { ...sizeOf(requests), rounds },
    ...rankers.facts,
    steps: steps.map(({ name }, i) => ({
      name,
      rates: at(rates, i),
      speed: at(speeds, i),
      drift: at(drifts, i),
      quality: judged?.[i],
    })),
  };
}

/** Undefined without judgements. A graph in this process has the quality of the server's. */
async function measureQuality(
  steps: readonly Step[],
  opened: readonly Ranker[],
  { requests, judgements }: LadderData,
) {
  if (judgements === undefined) {
    say('NDCG@10 is left out: the data have no judgements');
    return undefined;
  }
  const places = borrowQuality(steps);
  const answers = new Map<number, readonly Answer[]>();
  for (const place of new Set(places)) {
    say(`NDCG@10 of '${at(steps, place).name}': ${requests.length} requests`);
    answers.set(place, await rankAll(at(opened, place), requests));
  }
  const ofSteps = places.map((place) => answers.get(place) ?? []);
  return describeQuality(requests, judgements, ofSteps);
}

/** Candidates/s of each step and round, and how far its scores are from those it should have. */
async function timeSteps(
  steps: readonly Step[],
  opened: readonly Ranker[],
  { requests, rounds }: { readonly requests: readonly Request[]; readonly rounds: number },
) {
  const count = countCandidates(requests);
  const warm: Warm[] = [];
  for (const [place, ranker] of opened.entries()) {
    say(`warming '${at(steps, place).name}' up`);
    warm.push(await warmUp(ranker, requests));
  }
  const rates = steps.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1) {
    say(`speed, round ${round + 1} of ${rounds}`);
    for (const place of orderOfRound(steps.length, round)) {
      const { repeats } = at(warm, place);
      const all = Array.from({ length: repeats }, () => requests).flat();
      const { seconds } = await timed(() => rankAll(at(opened, place), all));
      at(rates, place).push((count * repeats) / seconds);
    }
  }
  const drifts = borrowQuality(steps).map((other, place) =>
    largestDrift(at(warm, place).answer, at(warm, other).answer),
  );
  return { rates, drifts };
}

interface Warm {
  /** To the first request. */
  readonly answer: Answer;
  readonly repeats: number;
}

/** A fast step ranks all requests, which also fills a store of states, and is timed after that. */
async function warmUp(ranker: Ranker, requests: readonly Request[]): Promise<Warm> {
  const first = at(requests, 0);
  const cold = await timed(() => ranker.rank(first));
  if (cold.seconds > leastSeconds) {
    return { answer: cold.result, repeats: 1 };
  }
  await rankAll(ranker, requests);
  const { result: answer, seconds } = await timed(() => ranker.rank(first));
  const secondsOfAll = (seconds * countCandidates(requests)) / first.candidates.length;
  return { answer, repeats: repeatsFor(secondsOfAll, leastSeconds) };
}

function countCandidates(requests: readonly Request[]): number {
  return requests.reduce((sum, { candidates }) => sum + candidates.length, 0);
}

async function timed<T>(work: () => Promise<T>) {
  const startedAtMs = systemClock.nowMs();
  const result = await work();
  return { result, seconds: (systemClock.nowMs() - startedAtMs) / 1000 };
}

async function rankAll(ranker: Ranker, requests: readonly Request[]): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  const { signal } = new AbortController();
  const numbered = [...requests.entries()];
  await forEachInFlight(numbered, { lanes: ranker.lanes, signal }, async ([place, request]) => {
    answers[place] = await ranker.rank(request);
  });
  return answers;
}

async function save(report: LadderReport, out: string | undefined): Promise<void> {
  const text = formatLadder(report);
  process.stdout.write(`\n${text}`);
  if (out === undefined) {
    return;
  }
  await mkdir(out, { recursive: true });
  await writeFile(join(out, 'ladder.json'), `${JSON.stringify(report, undefined, 1)}\n`);
  await writeFile(join(out, 'ladder.md'), text);
  const picture = drawLadder(report);
  if (picture !== undefined) {
    await writeFile(join(out, 'ladder.svg'), picture);
  }
  say(`Saved ${out}`);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`bench:ladder: ${messageOf(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
