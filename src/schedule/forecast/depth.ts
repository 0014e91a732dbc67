import { clamp } from '../../base/clamp.ts';
import type { Clock } from '../../base/clock.ts';
import type { Size } from './forecast.ts';

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
  const integral = clamp(state.integral + gains.integral * error * elapsed, 0, 1);
  // Anti-windup: at the floor the integral may fall but not grow.
  const isStuck = rest + integral > 1 && integral > state.integral;
  const kept = isStuck ? state.integral : integral;
  return { load, integral: kept, cut: clamp(rest + kept, 0, 1) };
}

export function depthOf({ cut }: DepthState, { floor, ceiling }: DepthLimits): number {
  return Math.round(ceiling - cut * (ceiling - floor));
}

/**
 * How many of a request's first candidates to score, when it leaves that to us: the most that end in time, no more than
 * `most`, which is what the load allows, and no fewer than `floor` or all. Admission refuses a floor that would end late.
 *
 * `sizes[n]` is what the first n candidates take to run. Every depth is tried, since a larger request may end sooner: it
 * is shared out to more replicas.
 */
export function chooseDepth(
  sizes: readonly Size[],
  { floor, most }: { readonly floor: number; readonly most: number },
  inTime: (size: Size) => boolean,
): number {
  const highest = Math.min(most, sizes.length - 1);
  const lowest = Math.min(floor, highest);
  for (let depth = highest; depth > lowest; depth -= 1) {
    const size = sizes[depth];
    if (size !== undefined && (size.candidates === 0 || inTime(size))) {
      return depth;
    }
  }
  return lowest;
}

/**
 * Depth is chosen to end in this share of the time left: forecasts leave out the encoding and err by about a tenth,
 * and a request that ends late has nothing.
 */
const prudent = 0.9;

export function prudentDeadlineMs(nowMs: number, deadlineMs: number): number {
  return deadlineMs === Number.POSITIVE_INFINITY
    ? deadlineMs
    : nowMs + prudent * (deadlineMs - nowMs);
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

  /** Of a request of these sizes (see `chooseDepth`) under the present load. */
  choose(sizes: readonly Size[], inTime: (size: Size) => boolean): number {
    return chooseDepth(sizes, { floor: this.#limits.floor, most: this.depth }, inTime);
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
