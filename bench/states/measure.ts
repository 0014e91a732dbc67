import { at } from '../../src/base/at.ts';
import { kendallTau } from '../../src/eval/measures/kendall.ts';
import type { Ranker } from './ranker.ts';
import type { BenchRequests } from './requests.ts';
import type { ZipfMix } from './zipf-mix.ts';

export interface Rankers {
  readonly recomputing: Ranker;
  readonly keeping: Ranker;
}

export interface Shape {
  readonly tokens: number;
  readonly candidates: number;
  readonly rounds: number;
}

/** Milliseconds per candidate of each round, by the way it was scored. */
export type Times = ReadonlyMap<string, readonly number[]>;

/**
 * Scores requests of candidates of one length in turns: all computed, all new to the store, all
 * kept, and mixed.
 */
export async function measureLength(
  { recomputing, keeping }: Rankers,
  requests: BenchRequests,
  mixes: ReadonlyMap<string, ZipfMix>,
  { tokens, candidates, rounds }: Shape,
): Promise<Times> {
  const known = requests.fresh(candidates, tokens);
  let turn = 0;
  const ask = (texts: readonly Int32Array[]) => requests.ask(turn++, texts);
  await keeping.score(ask(known));
  await recomputing.score(ask(known));
  const mixed = (hits: number) => [
    ...known.slice(0, hits),
    ...requests.fresh(candidates - hits, tokens),
  ];
  const ways = new Map<string, (round: number) => Promise<unknown>>([
    ['recompute', () => recomputing.score(ask(known))],
    ['cold', () => keeping.score(ask(requests.fresh(candidates, tokens)))],
    ['warm', () => keeping.score(ask(known))],
    ...[...mixes].map(
      ([name, { hits }]) =>
        [
          name,
          (round: number) => keeping.score(ask(mixed(at(hits, round % hits.length)))),
        ] as const,
    ),
  ]);
  const times = new Map([...ways.keys()].map((name): [string, number[]] => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of ways) {
      const startedAtMs = performance.now();
      await run(round);
      times.get(name)?.push((performance.now() - startedAtMs) / candidates);
    }
  }
  return times;
}

/** How far scores from kept states are from recomputed ones, on the demo's queries. */
export interface Agreement {
  readonly tokens: number;
  readonly candidates: number;
  /** Largest difference of p(yes). */
  readonly largest: number;
  /** The same between the first scores of the store and those of kept states. */
  readonly largestKept: number;
  /** Least Kendall tau-b of a query's orders. */
  readonly tau: number;
  /** Queries whose first ten are the same in the same order. */
  readonly sameTop: number;
}

export async function compareScores(
  { recomputing, keeping }: Rankers,
  requests: BenchRequests,
  tokens: number,
): Promise<Agreement> {
  let [largest, largestKept, tau, sameTop, candidates] = [0, 0, 1, 0, 0];
  for (const request of requests.real(tokens)) {
    const expected = margins(await recomputing.score(request));
    const first = margins(await keeping.score(request));
    const kept = margins(await keeping.score(request));
    largest = Math.max(largest, difference(expected, kept));
    largestKept = Math.max(largestKept, difference(first, kept));
    tau = Math.min(tau, kendallTau(expected, kept));
    sameTop += String(topOf(expected)) === String(topOf(kept)) ? 1 : 0;
    candidates += request.candidates.length;
  }
  return { tokens, candidates, largest, largestKept, tau, sameTop };
}

function margins(logits: Float32Array): number[] {
  return Array.from(
    { length: logits.length / 2 },
    (_, i) => at(logits, 2 * i) - at(logits, 2 * i + 1),
  );
}

function difference(a: readonly number[], b: readonly number[]): number {
  const p = (margin: number) => 1 / (1 + Math.exp(-margin));
  return Math.max(...a.map((margin, i) => Math.abs(p(margin) - p(at(b, i)))));
}

function topOf(scores: readonly number[]): readonly number[] {
  return [...scores.keys()].sort((a, b) => at(scores, b) - at(scores, a)).slice(0, 10);
}
