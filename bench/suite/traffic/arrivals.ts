/** A period with one mean rate of arrivals. */
export interface Stretch {
  readonly seconds: number;
  readonly perSecond: number;
}

/**
 * Arrivals of a Poisson process, in milliseconds from the start, ascending. Gaps are exponential
 * and independent. Each stretch has its own rate. A gap that would end in the next stretch is drawn
 * again from its start, which is exact because the exponential distribution is memoryless.
 */
export function poissonArrivals(
  stretches: readonly Stretch[],
  random: () => number,
): readonly number[] {
  const arrivals: number[] = [];
  let startAtMs = 0;
  for (const { seconds, perSecond } of stretches) {
    const endAtMs = startAtMs + 1000 * seconds;
    let atMs = startAtMs + gapMs(perSecond, random);
    while (atMs < endAtMs) {
      arrivals.push(atMs);
      atMs += gapMs(perSecond, random);
    }
    startAtMs = endAtMs;
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
