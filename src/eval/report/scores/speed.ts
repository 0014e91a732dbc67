import { cpus } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '../../../base/files/sha256.ts';
import { selectQueries } from '../../data/select-queries.ts';
import { type Clock, readSeconds } from '../../measures/clock-seconds.ts';
import { median } from '../../measures/metrics.ts';
import type { Pair, PairData } from '../../rank/pair-batches.ts';
import type { ParetoData } from '../input/data.ts';
import { openKeptLines } from './kept-lines.ts';
import type { BuiltModel, PairScorer, Scorers } from './scorers.ts';

export interface SpeedOptions {
  readonly rounds: number;
  /** Candidates in each round. */
  readonly candidates: number;
  readonly clock: Clock;
}

/** The settings of a speed measurement; rounds made with equal ones are read back. */
interface SpeedSettings {
  readonly speed: SpeedOptions;
  readonly candidateTokens: readonly number[];
  readonly tokenBudget: number;
  readonly devices: string;
  /** The folder with the finished rounds. */
  readonly state: string;
}

/** One round: the seconds of each contender, by its key, for the same candidates. */
export type Round = Readonly<Record<string, number>>;

export interface MeasuredSpeed {
  readonly clock: Clock;
  /** In each round. */
  readonly candidates: number;
  readonly rounds: readonly Round[];
}

export interface Speed {
  /** Of the median round. */
  readonly candidatesPerSecond: number;
  /** Seconds of the reference divided by those of the contender, compared round by round. */
  readonly ratio: { readonly median: number; readonly low: number; readonly high: number };
}

/** A model at one text budget. */
export interface Contender {
  readonly name: string;
  readonly candidateTokens: number;
  readonly open: () => Promise<PairScorer>;
}

/** The pairs of each request. Requests are scored one after another, as a server receives them. */
export interface SpeedWork {
  readonly requests: readonly (readonly Pair[])[];
  readonly data: PairData;
}

export interface TimeRoundsOptions {
  readonly rounds: number;
  readonly clock: Clock;
  /** Stores finished rounds. Its name must identify everything that a round depends on. */
  readonly file: string;
  readonly onRound: (done: number) => void;
}

/** Candidates of each query in the work; they share its prefix. */
const candidatesPerQuery = 16;

/** Times all models at all budgets on the same candidates with titles. */
export async function measureSpeed(
  data: ParetoData,
  { models, scorers }: { models: ReadonlyMap<string, BuiltModel>; scorers: Scorers },
  settings: SpeedSettings,
): Promise<MeasuredSpeed> {
  const { rounds, clock, candidates } = settings.speed;
  const work = chooseWork(data, candidates);
  const key = sha256(
    JSON.stringify([
      'slmrank-pareto-speed-2',
      clock,
      settings.candidateTokens,
      settings.tokenBudget,
      settings.devices,
      cpus()[0]?.model,
      Object.values(data.hashes),
      work.requests,
      [...models].map(([name, { manifest }]) => [name, manifest.fingerprint]),
    ]),
  );
  const contenders = settings.candidateTokens.flatMap((candidateTokens) =>
    [...models.keys()].map(
      (name): Contender => ({ name, candidateTokens, open: () => scorers.get(name) }),
    ),
  );
  const timed = await timeRounds(contenders, work, {
    rounds,
    clock,
    file: join(settings.state, `speed.${key.slice(0, 16)}.jsonl`),
    onRound: (done) => process.stderr.write(`speed: round ${done} of ${rounds}\n`),
  });
  return { clock, rounds: timed, candidates: work.requests.flat().length };
}

/** So many candidates in total, from queries spread evenly over the run. */
export function chooseWork(data: ParetoData, candidates: number): SpeedWork {
  const queries = selectQueries(data.run, Math.ceil(candidates / candidatesPerQuery));
  let left = candidates;
  const requests = [...queries].map(([query, entries]) => {
    const chosen = entries.slice(0, Math.min(left, candidatesPerQuery));
    left -= chosen.length;
    return chosen.map(({ id }) => ({ query, candidate: id }));
  });
  return { requests, data };
}

/**
 * In each round every contender scores the same work, one after another, so that a machine that
 * slows down slows all of them. The first contender of one round is the last of the next. Before
 * the first round each contender scores one request that is not timed. Finished rounds are read
 * back from the file.
 */
export async function timeRounds(
  contenders: readonly Contender[],
  work: SpeedWork,
  { rounds, clock, file, onRound }: TimeRoundsOptions,
): Promise<readonly Round[]> {
  const { records, append } = await openKeptLines(file);
  const kept = records.map(
    (json): Round =>
      Object.fromEntries(contenders.map(speedKey).map((key) => [key, json.number(key)])),
  );
  if (kept.length < rounds) {
    await timeRound(contenders, { ...work, requests: work.requests.slice(0, 1) }, clock);
  }
  while (kept.length < rounds) {
    const shift = kept.length % contenders.length;
    const turned = [...contenders.slice(shift), ...contenders.slice(0, shift)];
    const round = await timeRound(turned, work, clock);
    await append(round);
    kept.push(round);
    onRound(kept.length);
  }
  return kept.slice(0, rounds);
}

/** The key of a contender in a round. Row names contain no comma. */
export function speedKey(contender: { name: string; candidateTokens: number }): string {
  return `${contender.name}, ${contender.candidateTokens} tokens`;
}

/** Contender and reference are named by their keys; both should have the same text budget. */
export function summarizeSpeed(
  rounds: readonly Round[],
  key: string,
  { reference, candidates }: { readonly reference: string; readonly candidates: number },
): Speed {
  const seconds = rounds.map((round) => secondsIn(round, key));
  const ratios = rounds.map((round) => secondsIn(round, reference) / secondsIn(round, key));
  return {
    candidatesPerSecond: candidates / median(seconds),
    ratio: { median: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios) },
  };
}

function secondsIn(round: Round, key: string): number {
  const seconds = round[key];
  if (seconds === undefined) {
    throw new RangeError(`this is a bug: '${key}' was not timed`);
  }
  return seconds;
}

async function timeRound(
  contenders: readonly Contender[],
  { requests, data }: SpeedWork,
  clock: Clock,
): Promise<Round> {
  const round: [string, number][] = [];
  for (const contender of contenders) {
    const scorer = await contender.open();
    const { candidateTokens } = contender;
    const start = readSeconds(clock);
    for (const pairs of requests) {
      await scorer.score(pairs, data, { candidateTokens, variant: 'titles' });
    }
    round.push([speedKey(contender), readSeconds(clock) - start]);
  }
  return Object.fromEntries(round);
}
