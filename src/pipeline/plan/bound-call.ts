import { clamp } from '../../base/clamp.ts';
import type { Call } from '../../domain/call.ts';
import type { CallContext, RankRequest } from '../../domain/rank.ts';

/** A call whose deadline is at most the server's longest call away. */
export function boundCall(
  { partialOk, priority }: Pick<RankRequest, 'partialOk' | 'priority'>,
  call: CallContext,
  startedAtMs: number,
  mostMs: number,
): Call {
  const latestAtMs = startedAtMs + mostMs;
  const deadlineAtMs = Math.min(call.deadlineAtMs, latestAtMs);
  const maxCallMs = call.isCapped === true || call.deadlineAtMs > latestAtMs ? mostMs : undefined;
  const marginMs = partialOk ? replyMargin(deadlineAtMs - startedAtMs) : 0;
  const { signal, client } = call;
  return {
    client,
    priority,
    deadlineAtMs: deadlineAtMs - marginMs,
    maxCallMs,
    signal,
    partialOk,
  };
}

/** The time for a partial reply to reach the caller: a twentieth of its timeout, 5 to 50 ms. */
function replyMargin(timeoutMs: number): number {
  return clamp(timeoutMs / 20, 5, 50);
}
