import { at } from '../../base/at.ts';

/** A source of uniform numbers on [0, 1). */
export type Random = () => number;

/** The time to the next event of a Poisson process. */
export function drawExponential(random: Random, mean: number): number {
  return -mean * Math.log(1 - random());
}

/** A lognormal factor of mean 1. `spread` is the standard deviation of its logarithm. */
export function drawFactor(random: Random, spread: number): number {
  // Box-Muller transform.
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.exp(spread * normal - spread ** 2 / 2);
}

/** Consecutive values in one block: enough to keep a machine's slow periods together. */
const blockLength = 32;

/**
 * Draws from measured values in blocks of consecutive ones, so that slow periods stay together
 * (circular block bootstrap; Politis and Romano, 1992). Undefined if nothing was measured.
 */
export function drawInBlocks(
  random: Random,
  measured: readonly number[],
): (() => number) | undefined {
  let place = 0;
  let left = 0;
  const draw = () => {
    if (left === 0) {
      place = Math.floor(random() * measured.length);
      left = blockLength;
    }
    left -= 1;
    place = (place + 1) % measured.length;
    return at(measured, place);
  };
  return measured.length === 0 ? undefined : draw;
}

/** Draws from quantiles at equal steps from 0 to 1, interpolating between them. */
export function drawFromQuantiles(random: Random, quantiles: readonly number[]): number {
  const place = random() * (quantiles.length - 1);
  const below = Math.floor(place);
  const low = at(quantiles, below);
  return low + (place - below) * (at(quantiles, below + 1) - low);
}
