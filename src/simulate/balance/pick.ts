/** Policies by which a client picks the server of a call. */

import { at } from '../../base/at.ts';
import type { Random } from '../traffic/draw.ts';
import { Heap } from '../heap.ts';

export const balancingPolicies = [
  'pick_first',
  'round_robin',
  'weighted_round_robin',
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
      return pickByWeight(ready, random);
    case 'least_request':
      return () => pickLessBusy(ready, random);
  }
}

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

/**
 * Earliest deadline first with periods of 1 / weight and random phases, as grpc-js does it. An
 * endpoint of unknown weight gets the mean period of 1; with fewer than two known weights all
 * endpoints are equal (gRFC A58).
 */
function pickByWeight<One extends Endpoint>(ready: readonly One[], random: Random): () => One {
  const known = ready.filter(({ weight }) => weight > 0);
  const mean =
    known.length < 2 ? undefined : known.reduce((sum, one) => sum + one.weight, 0) / known.length;
  const turns = new Heap<Turn<One>>(
    (a, b) => a.due < b.due || (a.due === b.due && a.order < b.order),
  );
  let order = 0;
  for (const endpoint of ready) {
    const weight = mean === undefined || endpoint.weight <= 0 ? 1 : endpoint.weight / mean;
    turns.push({ endpoint, period: 1 / weight, due: random() / weight, order: order++ });
  }
  return () => {
    const turn = turns.pop() ?? missing();
    turns.push({ ...turn, due: turn.due + turn.period, order: order++ });
    return turn.endpoint;
  };
}

function missing(): never {
  throw new RangeError('a client picks among at least one server');
}
