import type { Clock } from '../clock.ts';

/**
 * How many candidates of a request are worth scoring under the present load: a PID controller between a floor and a
 * ceiling (LinkedIn's semantic search, arXiv 2602.07309 and 2510.22101: depth 250 falls to about 130 at peak, with half
 * the GPU time per query). Gains are not published; those below are derived and tested on a simulated queue.
 */
export interface DepthLimits {
  readonly floor: number;
  readonly ceiling: number;
  /** The queued work, in milliseconds until it is done, that depth is traded for. */
  readonly targetMs: number;
}

export interface DepthState {
  /** Queued work over target, smoothed. */
  readonly load: number;
  readonly integral: number;
  /** 0 at the ceiling, 1 at the floor. */
  readonly cut: number;
}

export const fullDepth: DepthState = { load: 0, integral: 0, cut: 0 };

/**
 * Time counts in targets. A queue integrates: above capacity it grows by about half its target per target and unit of
 * cut (the floor is about half the ceiling). For that plant a proportional gain of 1 needs an integral gain below 0.12
 * to be overdamped; the derivative takes the lag of smoothing back.
 */
const gains = { proportional: 1, integral: 0.1, derivative: 0.1 };
/** Smoothing of the load, in targets: single requests come and go in steps. */
const smoothing = 0.25;
/** In targets: after so long without a request, what was learnt of the load is stale. */
const idleAfter = 20;

/** One sample of the queue, `elapsedMs` after the one before. */
export function stepDepth(
  state: DepthState,
  queuedMs: number,
  elapsedMs: number,
  { targetMs }: DepthLimits,
): DepthState {
  const elapsed = elapsedMs / targetMs;
  if (elapsed > idleAfter) {
    return fullDepth;
  }
  const weight = 1 - Math.exp(-elapsed / smoothing);
  const load = state.load + weight * (queuedMs / targetMs - state.load);
  const error = load - 1;
  const slope = elapsed > 0 ? (load - state.load) / elapsed : 0;
  const rest = gains.proportional * error + gains.derivative * slope;
  const integral = clamp(state.integral + gains.integral * error * elapsed);
  // Anti-windup: at the floor the integral may fall but not grow.
  const isStuck = rest + integral > 1 && integral > state.integral;
  const kept = isStuck ? state.integral : integral;
  return { load, integral: kept, cut: clamp(rest + kept) };
}

export function depthOf({ cut }: DepthState, { floor, ceiling }: DepthLimits): number {
  return Math.round(ceiling - cut * (ceiling - floor));
}

function clamp(value: number): number {
  return Math.min(Math.max(value, 0), 1);
}

/** Samples closer together than this say nothing new. */
const leastSampleMs = 1;

/** The controller over a clock: sampled whenever a request arrives, so it costs nothing when none do. */
export class DepthController {
  readonly #limits: DepthLimits;
  readonly #clock: Clock;
  #state = fullDepth;
  #sampledMs: number;

  constructor(limits: DepthLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
    this.#sampledMs = clock.nowMs();
  }

  get depth(): number {
    return depthOf(this.#state, this.#limits);
  }

  /** Milliseconds until what is admitted now is done. */
  sample(queuedMs: number): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#sampledMs >= leastSampleMs) {
      this.#state = stepDepth(this.#state, queuedMs, nowMs - this.#sampledMs, this.#limits);
      this.#sampledMs = nowMs;
    }
  }
}
