/** Policies by which a client picks the server of a call. */

import { at } from '../../base/at.ts';
import type { Random } from '../traffic/draw.ts';
import { Heap } from '../clock/heap.ts';

export const balancingPolicies = [
  'pick_first',
  'round_robin',
  'weighted_round_robin',
  'grpc_js_weighted_round_robin',
  'least_request',
] as const;
export type BalancingPolicy = (typeof balancingPolicies)[number];

/** A server as one client sees it. */
export interface Endpoint {
  /** The client's own calls that have not ended. */
  readonly active: number;
  /** 0 while it is unknown. */
  readonly weight: number;
}

/** The next endpoint, of at least one. */
export type Pick<One extends Endpoint> = () => One;

export interface PickState<One extends Endpoint> {
  readonly random: Random;
  /** The endpoint of the last call; undefined before the first one. */
  readonly last: One | undefined;
}

/** Picks among connected endpoints, of which there is at least one, in the client's own order. */
export function createPick<One extends Endpoint>(
  policy: BalancingPolicy,
  ready: readonly One[],
  { random, last }: PickState<One>,
): Pick<One> {
  const lastPlace = last === undefined ? -1 : ready.indexOf(last);
  switch (policy) {
    case 'pick_first':
      return () => at(ready, Math.max(0, lastPlace));
    case 'round_robin':
      return pickInTurn(ready, lastPlace + 1);
    case 'weighted_round_robin':
      return pickByPeriod(ready, periodsOf(ready.map(weightOf)), random);
    case 'grpc_js_weighted_round_robin':
      return pickByPeriod(ready, grpcJsPeriodsOf(ready.map(weightOf)), random);
    case 'least_request':
      return () => pickLessBusy(ready, random);
  }
}

/** Whether the policy uses the servers' load reports. */
export function isWeighted(policy: BalancingPolicy): boolean {
  return policy === 'weighted_round_robin' || policy === 'grpc_js_weighted_round_robin';
}

const weightOf = ({ weight }: Endpoint) => weight;

function pickInTurn<One>(ready: readonly One[], first: number): () => One {
  let place = first % ready.length;
  return () => {
    const picked = at(ready, place);
    place = (place + 1) % ready.length;
    return picked;
  };
}

/** The better of two random ones, which may be the same (Envoy's LEAST_REQUEST, equal weights). */
function pickLessBusy<One extends Endpoint>(ready: readonly One[], random: Random): One {
  const draw = () => at(ready, Math.floor(random() * ready.length));
  const first = draw();
  const second = draw();
  return second.active < first.active ? second : first;
}

interface Turn<One> {
  readonly endpoint: One;
  readonly period: number;
  readonly due: number;
  /** Turns of equal time are taken in the order in which they were set. */
  readonly order: number;
}

/** Earliest deadline first with random phases: each endpoint gets a call every period. */
function pickByPeriod<One extends Endpoint>(
  ready: readonly One[],
  periods: readonly number[],
  random: Random,
): () => One {
  const turns = new Heap<Turn<One>>(
    (a, b) => a.due < b.due || (a.due === b.due && a.order < b.order),
  );
  let order = 0;
  for (const [place, endpoint] of ready.entries()) {
    const period = at(periods, place);
    turns.push({ endpoint, period, due: random() * period, order: order++ });
  }
  return () => {
    const turn = turns.pop() ?? missing();
    turns.push({ ...turn, due: turn.due + turn.period, order: order++ });
    return turn.endpoint;
  };
}

/**
 * As gRFC A58 has it, and grpc-go, grpc-java and C++: an endpoint of unknown weight has the mean
 * weight of the others; with fewer than two known weights all endpoints are equal.
 */
export function periodsOf(weights: readonly number[]): readonly number[] {
  const known = weights.filter((weight) => weight > 0);
  const mean = meanOf(known);
  return weights.map((weight) => (known.length < 2 ? 1 : 1 / (weight > 0 ? weight : mean)));
}

/**
 * As grpc-js 1.14.7 has it: an endpoint of unknown weight has a period, not a weight, as large as
 * the mean weight, or of 1 with fewer than two known weights.
 */
export function grpcJsPeriodsOf(weights: readonly number[]): readonly number[] {
  const known = weights.filter((weight) => weight > 0);
  const period = known.length < 2 ? 1 : meanOf(known);
  return weights.map((weight) => (weight > 0 ? 1 / weight : period));
}

function meanOf(list: readonly number[]): number {
  return list.reduce((sum, one) => sum + one, 0) / list.length;
}

function missing(): never {
  throw new RangeError('a client picks among at least one server');
}
