import type { Clock } from '../base/clock.ts';
import type { Reason } from '../base/errors.ts';
import type { ServingEvent } from '../domain/events.ts';

/**
 * The current load of the server. Balancers make a weight of it (gRFC A58), requestsPerSecond /
 * utilization, which is then the rate of requests that the server can answer, whether it is busy
 * or idle.
 */
export interface Load {
  /**
   * Share of time, 0 to about 1, of what limits the server: the ready replicas, by their runs for
   * requests, or the main thread when it is busier than they are.
   */
  readonly utilization: number;
  /** Requests that were answered with scores; a refusal uses nothing. */
  readonly requestsPerSecond: number;
  /**
   * Balancers add errorsPerSecond / requestsPerSecond to the utilization. That ratio is the share,
   * 0 to 1, of requests that expired, failed or were refused for load, but at most 9 times the
   * utilization.
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

/**
 * Reasons that say nothing of the server's load: the request is at fault, or wants another model.
 */
const noLoad: ReadonlySet<Reason | undefined> = new Set([
  'WRONG_FINGERPRINT',
  'INVALID_REQUEST',
  'MODEL_NOT_FOUND',
  'FAILED_PRECONDITION',
  'API_KEY_INVALID',
  'QUOTA_EXCEEDED',
]);

/**
 * The report of a server that has answered nothing yet: one request a second at full utilization.
 * Without a weight, grpc-js (1.14.7) would send it nothing at all for minutes; with this one it
 * gets a request within about a second, and a weight of its own with the answer.
 */
const unanswered = { utilization: 1e-3, requestsPerSecond: 1e-3, errorsPerSecond: 0 };

/**
 * What a request takes of the main thread at least, about as for one candidate from the cache. A
 * server whose answers are all cached runs no batches, and without this it would seem to have no
 * limit, or, with a utilization of 0, no weight.
 */
const leastRequestMs = 0.25;

/**
 * How much of the utilization errors may add to it: at most nine tenths of the weight are lost. The
 * rates decay together, so without a limit a server that failed for a minute would keep next to no
 * weight and, as balancers then send it nothing, could never show that it is well again.
 */
const mostPenalty = 9;

/** How often the main thread's time is read. */
const loopMs = 100;
/**
 * Below this share the main thread limits nothing. Its timers keep it a little busy without
 * requests, and an idle server would seem to become slower and slower.
 */
const idleLoopShare = 0.1;

/** Measures the load from serving events. `loopActiveMs` is the main thread's busy time so far. */
export function createLoadMeter(
  clock: Pick<Clock, 'nowMs'>,
  loopActiveMs: () => number = () => performance.eventLoopUtilization().active,
): LoadMeter {
  const busyMs = createRate(clock);
  const answers = createRate(clock);
  const errors = createRate(clock);
  const loop = watchLoop(clock, loopActiveMs);
  const ready = new Set<string>();
  return {
    tell: (event) => {
      loop.update();
      if (event.kind === 'batch') {
        busyMs.add(event.isSpareWork ? 0 : event.runMs);
      } else if (event.kind === 'ended') {
        answers.add(isAnswer(event) ? 1 : 0);
        errors.add(isError(event) ? 1 : 0);
      } else if (event.kind === 'replica') {
        if (event.phase === 'ready') {
          ready.add(event.replica);
        } else {
          ready.delete(event.replica);
        }
      }
    },
    read: () => {
      loop.update();
      return toLoad({
        requestsPerSecond: answers.perSecond(),
        failedPerSecond: errors.perSecond(),
        replicas: busyMs.perSecond() / 1000 / Math.max(1, ready.size),
        mainThread: loop.share(),
      });
    },
  };
}

interface Measured {
  readonly requestsPerSecond: number;
  readonly failedPerSecond: number;
  /** Shares of time. */
  readonly replicas: number;
  readonly mainThread: number;
}

function toLoad(measured: Measured): Load {
  const { requestsPerSecond, failedPerSecond, replicas, mainThread } = measured;
  if (requestsPerSecond === 0) {
    return unanswered;
  }
  const utilization = Math.max(
    replicas,
    mainThread > idleLoopShare ? mainThread : 0,
    (requestsPerSecond * leastRequestMs) / 1000,
  );
  const failedShare = failedPerSecond / (failedPerSecond + requestsPerSecond);
  const penalty = Math.min(failedShare, mostPenalty * utilization);
  return { utilization, requestsPerSecond, errorsPerSecond: penalty * requestsPerSecond };
}

/** The share of time that the main thread is busy, read with the events. */
function watchLoop(clock: Pick<Clock, 'nowMs'>, activeMs: () => number) {
  const busyMs = createRate(clock);
  let last = { atMs: clock.nowMs(), activeMs: activeMs() };
  return {
    update: (): void => {
      const atMs = clock.nowMs();
      if (atMs - last.atMs >= loopMs) {
        const next = { atMs, activeMs: activeMs() };
        // The rate counts all of it as used now, though most of a long time was long ago.
        const recent = Math.min(1, decayMs / (atMs - last.atMs));
        busyMs.add((next.activeMs - last.activeMs) * recent);
        last = next;
      }
    },
    share: (): number => busyMs.perSecond() / 1000,
  };
}

function isAnswer({ outcome }: EndedCall): boolean {
  return outcome === 'scored' || outcome === 'partial';
}

function isError({ outcome, reason }: EndedCall): boolean {
  return (
    outcome === 'failed' || outcome === 'expired' || (outcome === 'rejected' && !noLoad.has(reason))
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
