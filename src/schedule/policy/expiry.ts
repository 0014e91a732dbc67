import type { WaitingRequest } from './view.ts';
import type { Power } from './capacity.ts';

/** Predictions err: a request is late only when this share of the least time it needs is more than is left. */
const sure = 0.8;

/**
 * When the request is to be dropped: at its deadline, or as soon as what waits of it can no longer end before. A
 * partial answer is worth waiting for as long as one candidate may still be scored, or some are running.
 */
export function lateMs(request: WaitingRequest, power: Power): number {
  const { deadlineMs, waiting, running, partialOk } = request;
  if (
    deadlineMs === Number.POSITIVE_INFINITY ||
    waiting.length === 0 ||
    (partialOk && running > 0)
  ) {
    return deadlineMs;
  }
  return deadlineMs - sure * (partialOk ? oneMs(request, power, 0) : allMs(request, power));
}

/** Whether any of a request that is not late waits, and can still end before the deadline. */
export function mayStart(request: WaitingRequest, power: Power, nowMs: number): boolean {
  const { waiting, partialOk, deadlineMs } = request;
  return (
    waiting.length > 0 && (!partialOk || nowMs + sure * oneMs(request, power, 0) <= deadlineMs)
  );
}

/** The longest candidate alone on the fastest replica, or all of it on all of them: whichever takes longer. */
function allMs(request: WaitingRequest, power: Power): number {
  const { prefixTokens, waitingTokens, waitingSlots, waiting } = request;
  const size = { packedTokens: prefixTokens + waitingTokens, slots: waitingSlots };
  return Math.max(oneMs(request, power, waiting.length - 1), power.soonestMs(size));
}

function oneMs({ prefixTokens, waiting }: WaitingRequest, power: Power, place: number): number {
  const length = waiting[place]?.length ?? 0;
  const packedTokens = prefixTokens + length;
  const slots = prefixTokens ** 2 + length * packedTokens;
  return power.fastestMs({ packedTokens, slots });
}
