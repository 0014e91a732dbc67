/** A stretch of time with one mean rate of arrivals. */
export interface Stretch {
  readonly seconds: number;
  readonly perSecond: number;
}

/**
 * Moments of a Poisson process, in milliseconds from the start, ascending: gaps are exponential and know nothing of
 * each other. The rate changes from stretch to stretch; a gap that would cross into the next one is drawn anew there,
 * which the process permits as it has no memory.
 */
export function poissonArrivals(
  stretches: readonly Stretch[],
  random: () => number,
): readonly number[] {
  const arrivals: number[] = [];
  let startMs = 0;
  for (const { seconds, perSecond } of stretches) {
    const endMs = startMs + 1000 * seconds;
    let atMs = startMs + gapMs(perSecond, random);
    while (atMs < endMs) {
      arrivals.push(atMs);
      atMs += gapMs(perSecond, random);
    }
    startMs = endMs;
  }
  return arrivals;
}

export function lengthOf(stretches: readonly Stretch[]): number {
  return stretches.reduce((sum, { seconds }) => sum + seconds, 0);
}

function gapMs(perSecond: number, random: () => number): number {
  // 1 - random() is never 0.
  return perSecond > 0 ? (-1000 * Math.log(1 - random())) / perSecond : Infinity;
}
