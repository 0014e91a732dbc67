import type { Clock } from '../base/clock.ts';
import type { Reason } from '../base/errors.ts';
import type { ServingEvent } from '../domain/events.ts';

/** The current load of the server. */
export interface Load {
  /** Share of time that the ready replicas spend in runs, 0 to about 1. */
  readonly utilization: number;
  readonly requestsPerSecond: number;
  /**
   * Requests per second that expired, failed or were refused for load. Balancers send fewer
   * requests to a server with more of them.
   */
  readonly errorsPerSecond: number;
}

type Of<Kind extends ServingEvent['kind']> = Extract<ServingEvent, { kind: Kind }>;
/** An end as far as the load depends on it. */
type EndedCall = Pick<Of<'ended'>, 'kind' | 'outcome' | 'reason'>;

export interface LoadMeter {
  readonly tell: (event: ServingEvent | EndedCall) => void;
  read(): Load;
}

/**
 * The time after which an event weighs 1/e: longer than a run, and shorter than balancers take to
 * change their weights.
 */
const decayMs = 5000;

/** Reasons that are the request's fault: another server would refuse it too. */
const callersFault: ReadonlySet<Reason | undefined> = new Set([
  'INVALID_REQUEST',
  'MODEL_NOT_FOUND',
  'FAILED_PRECONDITION',
  'API_KEY_INVALID',
  'QUOTA_EXCEEDED',
]);

/** Measures the load from serving events. */
export function createLoadMeter(clock: Pick<Clock, 'nowMs'>): LoadMeter {
  const busyMs = createRate(clock);
  const requests = createRate(clock);
  const errors = createRate(clock);
  const ready = new Set<string>();
  return {
    tell: (event) => {
      if (event.kind === 'batch') {
        busyMs.add(event.runMs);
      } else if (event.kind === 'ended') {
        requests.add(1);
        errors.add(isError(event) ? 1 : 0);
      } else if (event.kind === 'replica') {
        if (event.phase === 'ready') {
          ready.add(event.replica);
        } else {
          ready.delete(event.replica);
        }
      }
    },
    read: () => ({
      utilization: busyMs.perSecond() / 1000 / Math.max(1, ready.size),
      requestsPerSecond: requests.perSecond(),
      errorsPerSecond: errors.perSecond(),
    }),
  };
}

function isError({ outcome, reason }: EndedCall): boolean {
  return (
    outcome === 'failed' ||
    outcome === 'expired' ||
    (outcome === 'rejected' && !callersFault.has(reason))
  );
}

/** A sum that decays exponentially. */
function createRate(clock: Pick<Clock, 'nowMs'>) {
  let sum = 0;
  let atMs = clock.nowMs();
  const decay = () => {
    const nowMs = clock.nowMs();
    sum *= Math.exp((atMs - nowMs) / decayMs);
    atMs = nowMs;
  };
  return {
    add: (value: number): void => {
      decay();
      sum += value;
    },
    perSecond: (): number => {
      decay();
      return sum / (decayMs / 1000);
    },
  };
}
