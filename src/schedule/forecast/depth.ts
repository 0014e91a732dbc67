import { at } from '../../base/at.ts';
import type { Clock } from '../../base/clock.ts';
import type { Size } from './forecast.ts';

/**
 * Chooses how many candidates of a request to score under the current load: a PID controller
 * between a floor and a ceiling. LinkedIn's semantic search does the same (arXiv 2602.07309 and
 * 2510.22101: the depth falls from 250 to about 130 at peak and halves the GPU time per query) but
 * does not publish its gains; those below are derived, and tested on a simulated queue.
 */
export interface DepthLimits {
  readonly floor: number;
  readonly ceiling: number;
  /** The setpoint: depth is reduced when the queued work takes longer than this. */
  readonly targetMs: number;
}

export interface DepthState {
  /** Smoothed ratio of queued work to target. */
  readonly load: number;
  readonly integral: number;
  /** 0 at the ceiling, 1 at the floor. */
  readonly cut: number;
}

export const fullDepth: DepthState = { load: 0, integral: 0, cut: 0 };

/**
 * The unit of time is `targetMs`. A queue is an integrator: above capacity, a change of the cut by
 * 1 changes its growth by about half a target per target of time (the floor is about half the
 * ceiling). For that plant a proportional gain of 1 is overdamped with an integral gain below 0.12;
 * the derivative compensates for the lag of smoothing.
 */
const gains = { proportional: 1, integral: 0.1, derivative: 0.1 };
/** Time constant of the smoothed load, in targets: each request changes the queue in a step. */
const smoothing = 0.25;
/** In targets: after this long without a request, the state is stale and is reset. */
const idleAfter = 20;

/** The state after a sample of the queue, `elapsedMs` after the previous one. */
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
  // Anti-windup: at the floor the integral may shrink but not grow.
  const isSaturated = rest + integral > 1 && integral > state.integral;
  const kept = isSaturated ? state.integral : integral;
  return { load, integral: kept, cut: clamp(rest + kept) };
}

export function depthOf({ cut }: DepthState, { floor, ceiling }: DepthLimits): number {
  return Math.round(ceiling - cut * (ceiling - floor));
}

/**
 * How many of a request's first candidates to score: as many as end in time, but at most `most`
 * (what the load allows) and at least `floor`, or all if there are fewer. If even the floor would
 * end late, admission refuses the request.
 *
 * `sizes[n]` is the size of the first n candidates. Every depth is tried, because a larger request
 * may end sooner: it is divided among more replicas.
 */
export function chooseDepth(
  sizes: readonly Size[],
  { floor, most }: { readonly floor: number; readonly most: number },
  inTime: (size: Size) => boolean,
): number {
  const highest = Math.min(most, sizes.length - 1);
  const lowest = Math.min(floor, highest);
  for (let depth = highest; depth > lowest; depth -= 1) {
    const size = at(sizes, depth);
    if (size.candidates === 0 || inTime(size)) {
      return depth;
    }
  }
  return lowest;
}

/**
 * A depth is chosen that is forecast to end within this share of the time left: forecasts do not
 * include encoding and err by about a tenth, and a late answer is worth nothing.
 */
const usableTimeShare = 0.9;

export function prudentDeadlineAtMs(nowMs: number, deadlineAtMs: number): number {
  return deadlineAtMs === Number.POSITIVE_INFINITY
    ? deadlineAtMs
    : nowMs + usableTimeShare * (deadlineAtMs - nowMs);
}

function clamp(value: number): number {
  return Math.min(Math.max(value, 0), 1);
}

/** Samples closer together than this are ignored. */
const minSampleGapMs = 1;

/** Holds the controller's state. It is sampled at each arrival, and so costs nothing when idle. */
export class DepthController {
  readonly #limits: DepthLimits;
  readonly #clock: Clock;
  #state = fullDepth;
  #sampledAtMs: number;

  constructor(limits: DepthLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
    this.#sampledAtMs = clock.nowMs();
  }

  get depth(): number {
    return depthOf(this.#state, this.#limits);
  }

  /** The depth of a request of these sizes (see `chooseDepth`) under the current load. */
  choose(sizes: readonly Size[], inTime: (size: Size) => boolean): number {
    return chooseDepth(sizes, { floor: this.#limits.floor, most: this.depth }, inTime);
  }

  /** `queuedMs` is how long all admitted work will take. */
  sample(queuedMs: number): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#sampledAtMs >= minSampleGapMs) {
      this.#state = stepDepth(this.#state, queuedMs, nowMs - this.#sampledAtMs, this.#limits);
      this.#sampledAtMs = nowMs;
    }
  }
}
