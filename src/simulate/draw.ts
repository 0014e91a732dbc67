/** Draws from distributions; `random` is uniform on [0, 1). */

export type Random = () => number;

/** Time to the next event of a Poisson process. */
export function drawExponential(random: Random, mean: number): number {
  return -mean * Math.log(1 - random());
}

/** A factor of mean 1 that spreads by about `spread`: lognormal. */
export function drawFactor(random: Random, spread: number): number {
  // Box and Muller.
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.exp(spread * normal - spread ** 2 / 2);
}

/** Drawn values in a row: long enough for a slow spell of a machine. */
const block = 32;

/**
 * Values drawn from measured ones, in stretches as they were measured, so that what is slow together stays together
 * (circular block bootstrap; Politis and Romano, 1992). Undefined when none was measured.
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
      left = block;
    }
    left -= 1;
    place = (place + 1) % measured.length;
    return measured[place] ?? 0;
  };
  return measured.length === 0 ? undefined : draw;
}

/** From quantiles at even steps from 0 to 1, in between by interpolation. */
export function drawFromQuantiles(random: Random, quantiles: readonly number[]): number {
  const place = random() * (quantiles.length - 1);
  const below = Math.floor(place);
  const low = quantiles[below] ?? 0;
  return low + (place - below) * ((quantiles[below + 1] ?? low) - low);
}
