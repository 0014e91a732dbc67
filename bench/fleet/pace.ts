import { drawFactor, type Random } from '../../src/simulate/traffic/draw.ts';
import { type CostWeights, costOf } from '../../src/schedule/costs/cost-fit.ts';
import type { PackedBatch } from '../../src/batch/packed-batch.ts';
import { paddedSlots } from '../../src/batch/slots.ts';
import { createRandom } from '../../src/base/random.ts';

/** How long the runs of a paced server take. */
export interface Pace {
  readonly cost: CostWeights;
  /** 2 means half as fast as the cost says. */
  readonly factor: number;
  /** The standard deviation of the logarithm of run times around their cost. */
  readonly spread: number;
  readonly seed: number;
}

/** The environment variable by which a paced server and its threads get their pace, as JSON. */
export const paceVariable = 'BENCH_PACE';

/** @throws Error when this process was not started with a pace. */
export function givenPace(env: Readonly<Record<string, string | undefined>>): Pace {
  const { [paceVariable]: text } = env;
  if (text === undefined) {
    throw new Error(`${paceVariable} is missing: only startPaced starts a paced server`);
  }
  return JSON.parse(text) as Pace;
}

/** Draws the time of one replica's next run. */
export function createPacer(
  { cost, factor, spread, seed }: Pace,
  replica: string,
): (batch: Pick<PackedBatch, 'tokens' | 'groups'>) => number {
  const random: Random = createRandom(seed + hash(replica));
  return ({ tokens: packedTokens, groups }) =>
    factor *
    costOf(cost, { packedTokens, slots: paddedSlots({ groups }) }) *
    drawFactor(random, spread);
}

/** Replicas of one server differ in their draws. */
function hash(name: string): number {
  return Buffer.from(name).reduce((sum, byte) => (31 * sum + byte) % 65_521, 0);
}
