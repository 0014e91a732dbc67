import { clamp } from '../base/clamp.ts';
import { type Fleet, simulate } from './simulate.ts';
import { latencyOf } from './summarize.ts';
import type { Arrival } from './traffic-streams.ts';

/** Why no number of replicas is enough: a request that has a server for itself takes too long. */
export interface Obstacle {
  /** How long 99 of 100 such requests take alone. */
  readonly aloneMs: number;
  /** The target, or the request's own deadline where that is shorter. */
  readonly limitMs: number;
  readonly candidates: number;
  /** Prefix and candidates, each once. */
  readonly tokens: number;
  /** How many of its candidates would be in time, and their tokens with the prefix. */
  readonly fitting: { readonly candidates: number; readonly tokens: number };
}

/** A request is run alone so many times. */
const repeats = 100;
/** Between two of them: all is done by then. */
const apartMs = 3_600_000;

/** Looks at the request that 99 of 100 are easier than. Undefined when it is in time where nothing else is to do. */
export async function findObstacle(
  fleet: Omit<Fleet, 'factors'>,
  arrivals: readonly Arrival[],
  goal: { readonly p99Ms: number; readonly mostReplicas: number },
): Promise<Obstacle | undefined> {
  const sorted = arrivals.toSorted((a, b) => tokensOf(a) - tokensOf(b));
  const arrival = sorted[Math.min(sorted.length - 1, Math.floor(0.99 * sorted.length))];
  if (arrival === undefined) {
    return undefined;
  }
  const limitMs = Math.min(goal.p99Ms, arrival.deadlineMs ?? Number.POSITIVE_INFINITY);
  // It is never spread over more.
  const parts = Math.ceil(tokensOf(arrival) / fleet.policy.shareTokens);
  const factors = new Array<number>(clamp(parts, 1, goal.mostReplicas)).fill(1);
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

/** The 99th percentile of such a request with a server to itself, run times drawn as in the simulation. */
async function measureAlone(fleet: Fleet, arrival: Arrival): Promise<number> {
  const apart = Array.from({ length: repeats }, (_, i) => ({
    ...arrival,
    ...{ atMs: i * apartMs, deadlineMs: undefined },
  }));
  const { endings } = await simulate(fleet, apart);
  return latencyOf(endings).p99;
}

function shorten(arrival: Arrival, candidates: number): Arrival {
  return { ...arrival, candidateTokens: arrival.candidateTokens.slice(0, candidates) };
}

function tokensOf({ prefixTokens, candidateTokens }: Arrival): number {
  return candidateTokens.reduce((sum, tokens) => sum + tokens, prefixTokens);
}
