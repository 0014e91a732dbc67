import type { Pair, PairData } from '../../src/eval/pair-batches.ts';
import { type Clock, readSeconds } from '../clock-seconds.ts';
import { median } from '../machine.ts';
import { openKeptLines } from './kept-lines.ts';
import type { PairScorer } from './pair-scorer.ts';

/** One round: seconds of each model, by name, over the same candidates. */
export type Round = Readonly<Record<string, number>>;

export interface Speed {
  /** By the median round. */
  readonly candidatesPerSecond: number;
  /** The reference's seconds over these, round by round. */
  readonly ratio: { readonly median: number; readonly low: number; readonly high: number };
}

/** Requests, each with its pairs; they are scored one after the other, as a server gets them. */
export interface SpeedWork {
  readonly requests: readonly (readonly Pair[])[];
  readonly data: PairData;
}

export interface TimeRoundsOptions {
  readonly rounds: number;
  readonly clock: Clock;
  /** Keeps finished rounds. Its name must stand for all that a round depends on. */
  readonly file: string;
  readonly onRound: (done: number) => void;
}

/**
 * Rounds in which every model scores the same work, one after the other, so that a machine that slows down slows all of
 * them; the order turns by one each round. Every model runs the first request once before. Finished rounds are read back.
 */
export async function timeRounds(
  scorers: ReadonlyMap<string, () => Promise<PairScorer>>,
  work: SpeedWork,
  { rounds, clock, file, onRound }: TimeRoundsOptions,
): Promise<readonly Round[]> {
  const names = [...scorers];
  const { records, append } = await openKeptLines(file);
  const kept = records.map(
    (json): Round => Object.fromEntries(names.map(([name]) => [name, json.number(name)])),
  );
  if (kept.length < rounds) {
    await scoreAll(scorers, { ...work, requests: work.requests.slice(0, 1) }, clock);
  }
  while (kept.length < rounds) {
    const shift = kept.length % names.length;
    const turned = new Map([...names.slice(shift), ...names.slice(0, shift)]);
    const round = await scoreAll(turned, work, clock);
    await append(round);
    kept.push(round);
    onRound(kept.length);
  }
  return kept.slice(0, rounds);
}

export function summarizeSpeed(
  rounds: readonly Round[],
  name: string,
  { reference, candidates }: { readonly reference: string; readonly candidates: number },
): Speed {
  const seconds = rounds.map((round) => round[name] ?? NaN);
  const ratios = rounds.map((round) => (round[reference] ?? NaN) / (round[name] ?? NaN));
  return {
    candidatesPerSecond: candidates / median(seconds),
    ratio: { median: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios) },
  };
}

async function scoreAll(
  scorers: ReadonlyMap<string, () => Promise<PairScorer>>,
  { requests, data }: SpeedWork,
  clock: Clock,
): Promise<Round> {
  const round: [string, number][] = [];
  for (const [name, open] of scorers) {
    const scorer = await open();
    const start = readSeconds(clock);
    for (const pairs of requests) {
      await scorer.score(pairs, data, { titles: true });
    }
    round.push([name, readSeconds(clock) - start]);
  }
  return Object.fromEntries(round);
}
