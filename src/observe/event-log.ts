import type { Clock } from '../base/clock.ts';
import type { ServingEvent, Tell } from '../domain/events.ts';
import type { Log } from './log.ts';
import { findTraceParent } from './traces/traceparent.ts';

type Ended = Extract<ServingEvent, { kind: 'ended' }>;

export interface EventLogParts {
  readonly log: Log;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/**
 * Overload can end thousands of requests in a second, so at most one line in this time is written
 * for each outcome and reason.
 */
const quietMs = 1000;

/**
 * Logs refused requests (info), failed requests and failed batches (warn). The server logs calls,
 * and the pool logs phases of replicas.
 */
export function logEvents({ log, clock }: EventLogParts): Tell {
  const limit = createLimit(clock);
  return (event) => {
    switch (event.kind) {
      case 'ended':
        logEnded(log, limit, event);
        break;
      case 'batch-failed': {
        const { replica, reason } = event;
        log.warn({ replica, reason }, 'batch lost');
        break;
      }
      case 'retried':
        log.warn({ candidates: event.candidates }, 'candidates queued again');
        break;
      case 'replica':
      case 'batch':
      case 'shadow':
      case 'valkey':
      case 'model':
        break;
    }
  };
}

function logEnded(log: Log, limit: Limit, event: Ended): void {
  const { outcome, reason } = event;
  if (outcome === 'scored' || outcome === 'partial' || outcome === 'cancelled') {
    return;
  }
  const suppressed = limit(`${outcome} ${reason ?? ''}`);
  if (suppressed === undefined) {
    return;
  }
  const line = { ...describe(event), ...(suppressed > 0 ? { suppressed } : {}) };
  if (outcome === 'failed') {
    log.warn(line, 'request lost');
  } else {
    log.info(line, outcome === 'expired' ? 'request expired' : 'request refused');
  }
}

function describe(event: Ended) {
  const { requestId, method, client, priority, outcome, reason, candidates } = event;
  const traceId = findTraceParent(event.traceparent)?.traceId;
  return {
    requestId,
    method,
    client,
    priority,
    outcome,
    reason,
    candidates,
    ms: Math.round(event.totalMs * 10) / 10,
    ...(traceId === undefined ? {} : { traceId }),
  };
}

/** The number of lines suppressed since the key's last line; undefined to suppress this one too. */
type Limit = (key: string) => number | undefined;

function createLimit(clock: Pick<Clock, 'nowMs'>): Limit {
  const seen = new Map<string, { quietUntilAtMs: number; suppressed: number }>();
  return (key) => {
    const nowMs = clock.nowMs();
    const last = seen.get(key);
    if (last !== undefined && nowMs < last.quietUntilAtMs) {
      last.suppressed += 1;
      return undefined;
    }
    seen.set(key, { quietUntilAtMs: nowMs + quietMs, suppressed: 0 });
    return last?.suppressed ?? 0;
  };
}
