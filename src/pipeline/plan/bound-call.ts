import type { ScoreCall } from '../../cache/score-source.ts';
import type { Config } from '../../config/config.ts';
import type { CallContext, RankRequest } from '../../domain/rank.ts';

/** A call with the server's own bounds on its time. */
export interface BoundCall extends ScoreCall {
  readonly client: string;
  /** The server's longest call, where that is what ends this one. */
  readonly maxCallMs: number | undefined;
}

export function boundCall(
  { partialOk, priority }: Pick<RankRequest, 'partialOk' | 'priority'>,
  call: CallContext,
  startedMs: number,
  { maxCallMs: mostMs }: Pick<Config, 'maxCallMs'>,
): BoundCall {
  const latestMs = startedMs + mostMs;
  const deadlineAtMs = Math.min(call.deadlineMs, latestMs);
  const maxCallMs = call.isCapped === true || call.deadlineMs > latestMs ? mostMs : undefined;
  const marginMs = partialOk ? replyMargin(deadlineAtMs - startedMs) : 0;
  const { signal, client } = call;
  return {
    signal,
    client,
    partialOk,
    priority,
    maxCallMs,
    deadlineAtMs: deadlineAtMs - marginMs,
  };
}

/** A partial reply must reach the caller before its deadline: a twentieth of the time, 5 to 50 ms. */
function replyMargin(timeoutMs: number): number {
  return Math.min(Math.max(timeoutMs / 20, 5), 50);
}
