import type { Call } from '../../domain/call.ts';
import { batchedMs } from '../policy/capacity.ts';
import { type ForecastView, forecast, type Size } from './forecast.ts';

/** Advice for a request that is predicted to miss its deadline. */
export interface LateAdvice {
  /** From now to its deadline. */
  readonly leftMs: number;
  /** How long it would run on an idle server. */
  readonly aloneMs: number;
  /**
   * The wait after which it would be in time, if the deadline moves with it and no other request
   * arrives; undefined for never.
   */
  readonly waitMs: number | undefined;
  /** How many of its candidates an idle server would score in time, with their packed tokens. */
  readonly fitting: { readonly candidates: number; readonly packedTokens: number };
}

/** Bisection steps of the search for the wait, from now to when the queue is empty. */
const waitSearchSteps = 10;

export function adviseLate(size: Size, call: Call, view: ForecastView): LateAdvice {
  const idle = { ...view, aheadTokens: 0, marginMs: 0, busyMs: view.busyMs.map(() => 0) };
  const alone = (candidates: number) => forecast(shrink(size, candidates), call, idle);
  const { runMs: aloneMs, inTime } = alone(size.candidates);
  const candidates = inTime
    ? size.candidates
    : findLargest(size.candidates, (count) => alone(count).inTime);
  const packedTokens = candidates === 0 ? 0 : shrink(size, candidates).packedTokens;
  return {
    leftMs: call.deadlineAtMs - view.nowMs,
    aloneMs,
    waitMs: inTime ? findWait(size, call, view) : undefined,
    fitting: { candidates, packedTokens },
  };
}

/** The size with fewer candidates, all taken to be of equal length. */
function shrink({ packedTokens, candidates, prefixTokens = 0 }: Size, count: number): Size {
  const each = (packedTokens - prefixTokens) / candidates;
  return { candidates: count, packedTokens: Math.round(prefixTokens + count * each) };
}

/** The largest count below `limit` that is in time, or 0. All smaller counts are in time too. */
function findLargest(limit: number, isInTime: (count: number) => boolean): number {
  let [good, bad] = [0, limit];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    [good, bad] = isInTime(middle) ? [middle, bad] : [good, middle];
  }
  return good;
}

/** The shortest wait after which it would be in time, or until the server is idle. */
function findWait(size: Size, call: Call, view: ForecastView): number {
  const { busyMs, aheadTokens, tokenBudget } = view;
  const aheadMs = batchedMs(view.capacity, aheadTokens, tokenBudget);
  const isInTime = (waitMs: number) => {
    const left = backlogAfter(waitMs, { busyMs, aheadMs });
    const later = { ...call, deadlineAtMs: call.deadlineAtMs + waitMs };
    return forecast(size, later, {
      ...view,
      nowMs: view.nowMs + waitMs,
      busyMs: left.busyMs,
      aheadTokens: aheadMs > 0 ? aheadTokens * (left.aheadMs / aheadMs) : 0,
    }).inTime;
  };
  let [early, late] = [0, Math.max(0, ...busyMs) + aheadMs];
  for (let i = 0; i < waitSearchSteps; i++) {
    const middle = (early + late) / 2;
    [early, late] = isInTime(middle) ? [early, middle] : [middle, late];
  }
  return late;
}

interface Backlog {
  readonly busyMs: readonly number[];
  /** The queued work's time on all replicas together. */
  readonly aheadMs: number;
}

/** The work left after a wait during which each replica turns to the queue once it is free. */
function backlogAfter(waitMs: number, { busyMs, aheadMs }: Backlog): Backlog {
  const freeMs = busyMs.reduce((sum, busy) => sum + Math.max(0, waitMs - busy), 0);
  return {
    busyMs: busyMs.map((busy) => Math.max(0, busy - waitMs)),
    aheadMs: Math.max(0, aheadMs - freeMs / Math.max(1, busyMs.length)),
  };
}
