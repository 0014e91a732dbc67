import { at } from '../base/at.ts';
import { clamp } from '../base/clamp.ts';
import { type Fleet, simulate } from './simulate.ts';
import { latencyOf } from './summarize.ts';
import type { Arrival } from './traffic/traffic-streams.ts';

/** The reason why no number of replicas is enough: a request takes too long on an idle server. */
export interface Obstacle {
  /** The 99th percentile of the time that such a request takes alone. */
  readonly aloneMs: number;
  /** The target, or the request's own timeout if that is shorter. */
  readonly limitMs: number;
  readonly candidates: number;
  /** Prefix and candidates, each once. */
  readonly tokens: number;
  /** How many of its candidates would be in time, and their tokens including the prefix. */
  readonly fitting: { readonly candidates: number; readonly tokens: number };
}

/** How many times a request is run alone. */
const repeats = 100;
/** The time between two of those runs, after which the server is idle again. */
const gapMs = 3_600_000;

/** Tests the request at the 99th percentile of size. Undefined if an idle server is fast enough. */
export async function findObstacle(
  fleet: Omit<Fleet, 'factors'>,
  arrivals: readonly Arrival[],
  goal: { readonly p99Ms: number; readonly mostReplicas: number },
): Promise<Obstacle | undefined> {
  const sorted = arrivals.toSorted((a, b) => tokensOf(a) - tokensOf(b));
  if (sorted.length === 0) {
    return undefined;
  }
  const arrival = at(sorted, Math.min(sorted.length - 1, Math.floor(0.99 * sorted.length)));
  const limitMs = Math.min(goal.p99Ms, arrival.deadlineMs ?? Number.POSITIVE_INFINITY);
  // A request is never divided among more replicas than it has candidates.
  const parts = clamp(arrival.candidateTokens.length, 1, goal.mostReplicas);
  const factors = new Array<number>(parts).fill(1);
  const alone = (candidates: number) =>
    measureAlone({ ...fleet, servers: 1, factors }, shorten(arrival, candidates));
  const candidates = arrival.candidateTokens.length;
  const aloneMs = await alone(candidates);
  if (aloneMs <= limitMs) {
    return undefined;
  }
  let [good, bad] = [0, candidates];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    [good, bad] = (await alone(middle)) <= limitMs ? [middle, bad] : [good, middle];
  }
  const tokens = good === 0 ? 0 : tokensOf(shorten(arrival, good));
  const fitting = { candidates: good, tokens };
  return { aloneMs, limitMs, candidates, tokens: tokensOf(arrival), fitting };
}

/** The 99th percentile of a request's latency on an idle server, with run times drawn as usual. */
async function measureAlone(fleet: Fleet, arrival: Arrival): Promise<number> {
  const arrivals = Array.from({ length: repeats }, (_, i) => ({
    ...arrival,
    atMs: i * gapMs,
    deadlineMs: undefined,
  }));
  const { endings } = await simulate(fleet, arrivals);
  return latencyOf(endings).p99;
}

function shorten(arrival: Arrival, candidates: number): Arrival {
  return { ...arrival, candidateTokens: arrival.candidateTokens.slice(0, candidates) };
}

function tokensOf({ prefixTokens, candidateTokens }: Arrival): number {
  return candidateTokens.reduce((sum, tokens) => sum + tokens, prefixTokens);
}
