import type { Pair, PairData } from '../../src/eval/rank/pair-batches.ts';
import { type Clock, readSeconds } from '../clock-seconds.ts';
import { median } from '../machine.ts';
import { openKeptLines } from './kept-lines.ts';
import type { PairScorer } from './pair-scorer.ts';

/** One round: seconds of each contender, by its key, over the same candidates. */
export type Round = Readonly<Record<string, number>>;

export interface Speed {
  /** By the median round. */
  readonly candidatesPerSecond: number;
  /** The reference's seconds over these, round by round. */
  readonly ratio: { readonly median: number; readonly low: number; readonly high: number };
}

/** A model at one text budget. */
export interface Contender {
  readonly name: string;
  readonly candidateTokens: number;
  readonly open: () => Promise<PairScorer>;
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
 * Rounds in which every contender scores the same work, one after the other, so that a machine that slows down slows all
 * of them; the order turns by one each round. Each runs the first request once before. Finished rounds are read back.
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
    await scoreAll(contenders, { ...work, requests: work.requests.slice(0, 1) }, clock);
  }
  while (kept.length < rounds) {
    const shift = kept.length % contenders.length;
    const turned = [...contenders.slice(shift), ...contenders.slice(0, shift)];
    const round = await scoreAll(turned, work, clock);
    await append(round);
    kept.push(round);
    onRound(kept.length);
  }
  return kept.slice(0, rounds);
}

/** A contender's name in a round; row names have no comma. */
export function speedKey({ name, candidateTokens }: Omit<Contender, 'open'>): string {
  return `${name}, ${candidateTokens} tokens`;
}

/** By the keys of the contender and of the reference, which should be of the same budget. */
export function summarizeSpeed(
  rounds: readonly Round[],
  key: string,
  { reference, candidates }: { readonly reference: string; readonly candidates: number },
): Speed {
  const seconds = rounds.map((round) => round[key] ?? NaN);
  const ratios = rounds.map((round) => (round[reference] ?? NaN) / (round[key] ?? NaN));
  return {
    candidatesPerSecond: candidates / median(seconds),
    ratio: { median: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios) },
  };
}

async function scoreAll(
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
