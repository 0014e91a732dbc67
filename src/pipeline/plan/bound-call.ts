import type { ScoreCall } from '../../cache/score-source.ts';
import type { CallContext, RankRequest } from '../../domain/rank.ts';

/** A call whose deadline is at most the server's longest call away. */
export interface BoundCall extends ScoreCall {
  readonly client: string;
  /** SLMRANK_MAX_CALL_MS, when that sets the deadline and not the caller. */
  readonly maxCallMs: number | undefined;
}

export function boundCall(
  { partialOk, priority }: Pick<RankRequest, 'partialOk' | 'priority'>,
  call: CallContext,
  startedAtMs: number,
  mostMs: number,
): BoundCall {
  const latestAtMs = startedAtMs + mostMs;
  const deadlineMs = Math.min(call.deadlineMs, latestAtMs);
  const maxCallMs = call.isCapped === true || call.deadlineMs > latestAtMs ? mostMs : undefined;
  const marginMs = partialOk ? replyMargin(deadlineMs - startedAtMs) : 0;
  const { signal, client } = call;
  return { signal, client, partialOk, priority, maxCallMs, deadlineMs: deadlineMs - marginMs };
}

/**
 * A partial reply must reach the caller before its deadline: a twentieth of the timeout, 5 to 50
 * ms.
 */
function replyMargin(timeoutMs: number): number {
  return Math.min(Math.max(timeoutMs / 20, 5), 50);
}
