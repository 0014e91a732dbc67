import { at } from '../../src/base/at.ts';
import type { RankingClient, WireRankRequestInput } from '../../src/client/client.ts';

/** Scores by place among the candidates. */
export type Scores = readonly number[];

export interface Asked {
  readonly request: WireRankRequestInput;
  /** What a server that shares nothing gave. */
  readonly scores: Scores;
}

/** What came of the calls of a server, or of several together. */
export interface Tally {
  readonly calls: number;
  /** Calls that ended with an error. */
  readonly failed: number;
  /** Candidates whose score is not that of the server that shares nothing. */
  readonly wrong: number;
  readonly candidates: number;
  readonly cached: number;
  readonly latenciesMs: readonly number[];
}

/** Long, because a call that waits on a busy machine has not failed. */
const timeoutMs = 30_000;
/** int8 rounds activations, so that scores depend on the shape of their batch a little. */
const tolerance = 2e-3;

/** Calls one after the other, `perSecond` of them, whether earlier ones have ended or not. */
export async function callSteadily(
  server: RankingClient,
  asked: readonly Asked[],
  { perSecond, seconds, first }: { perSecond: number; seconds: number; first: number },
): Promise<Tally> {
  const count = Math.round(perSecond * seconds);
  const startedAtMs = performance.now();
  const calls: Promise<Tally>[] = [];
  for (let call = 0; call < count; call += 1) {
    const dueInMs = startedAtMs + (1000 * call) / perSecond - performance.now();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueInMs)));
    calls.push(callOnce(server, at(asked, (first + call) % asked.length)));
  }
  return addUp(await Promise.all(calls));
}

export async function callOnce(server: RankingClient, { request, scores }: Asked): Promise<Tally> {
  const startedAtMs = performance.now();
  try {
    const { results, usage } = await server.rank(request, timeoutMs);
    const wrong = results.filter(
      ({ index, score, scored }) => !scored || Math.abs(score - at(scores, index)) > tolerance,
    );
    return {
      calls: 1,
      failed: 0,
      wrong: wrong.length,
      candidates: results.length,
      cached: usage?.cached ?? 0,
      latenciesMs: [performance.now() - startedAtMs],
    };
  } catch {
    return { ...nothing, calls: 1, failed: 1 };
  }
}

const nothing: Tally = { calls: 0, failed: 0, wrong: 0, candidates: 0, cached: 0, latenciesMs: [] };

export function addUp(tallies: readonly Tally[]): Tally {
  const sum = (of: (tally: Tally) => number) =>
    tallies.reduce((total, tally) => total + of(tally), 0);
  return {
    calls: sum(({ calls }) => calls),
    failed: sum(({ failed }) => failed),
    wrong: sum(({ wrong }) => wrong),
    candidates: sum(({ candidates }) => candidates),
    cached: sum(({ cached }) => cached),
    latenciesMs: tallies.flatMap(({ latenciesMs }) => latenciesMs),
  };
}

const words =
  'nurse clinic ward shift patient care surgeon driver truck route parcel baker bread oven dough teacher school pupil lesson welder steel frame torch plumber pipe valve clerk ledger audit invoice'.split(
    ' ',
  );

/** Requests without a pair in common. */
export function makeRequests(count: number, candidates: number): readonly WireRankRequestInput[] {
  const word = (n: number) => at(words, n % words.length);
  return Array.from({ length: count }, (_, query) => ({
    query: `${word(query)} ${word(3 * query + 1)} with experience, case ${query}`,
    candidates: Array.from({ length: candidates }, (_each, place) => ({
      id: `c${place}`,
      text: Array.from({ length: 10 }, (_word, n) => word(query * 7 + place * 5 + n * n)).join(' '),
    })),
  }));
}

/** The scores of a server that shares nothing, each computed anew. */
export async function askTruth(
  server: RankingClient,
  requests: readonly WireRankRequestInput[],
): Promise<readonly Asked[]> {
  const asked: Asked[] = [];
  for (const request of requests) {
    const { results } = await server.rank({ ...request, noCache: true }, 60_000);
    const scores = new Map(results.map(({ index, score }) => [index, score]));
    const places = (request.candidates ?? []).map((_, place) => scores.get(place) ?? NaN);
    asked.push({ request, scores: places });
  }
  return asked;
}
