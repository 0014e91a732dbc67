import {
  type DepthLimits,
  depthOf,
  fullDepth,
  stepDepth,
} from '../../../src/schedule/forecast/depth.ts';
import { createRandom } from '../../../src/base/random.ts';

export interface PlantSample {
  readonly atMs: number;
  readonly depth: number;
  readonly queuedMs: number;
}

export interface PlantRun {
  readonly limits: DepthLimits;
  /** Work that arrives over work that can be done, were all requests ranked to the ceiling. */
  readonly loadAt: (atMs: number) => number;
  /** What a request of the ceiling's depth costs. */
  readonly requestMs: number;
  readonly lengthMs: number;
  /** Poisson arrivals from this seed; evenly spaced without. */
  readonly seed?: number;
}

/** A server with one queue and a constant speed, and requests that all leave their depth to it. */
export function runPlant(run: PlantRun): readonly PlantSample[] {
  const { limits, loadAt, requestMs, lengthMs, seed } = run;
  const random = seed === undefined ? undefined : createRandom(seed);
  const samples: PlantSample[] = [];
  let state = fullDepth;
  let atMs = 0;
  let queuedMs = 0;
  while (atMs < lengthMs) {
    const meanMs = requestMs / loadAt(atMs);
    const gapMs = random === undefined ? meanMs : -Math.log(1 - random()) * meanMs;
    atMs += gapMs;
    queuedMs = Math.max(0, queuedMs - gapMs);
    state = stepDepth(state, queuedMs, gapMs, limits);
    const depth = depthOf(state, limits);
    queuedMs += (requestMs * depth) / limits.ceiling;
    samples.push({ atMs, depth, queuedMs });
  }
  return samples;
}
