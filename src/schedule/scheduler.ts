import { assertNever, RankError } from '../base/errors.ts';
import type { BatchOutcome, BatchRunner, EncodedRequest } from '../batch/packed-batch.ts';
import { packedTokens } from '../batch/pack/pack-batch.ts';
import { packedSizeOf } from '../batch/packed-size.ts';
import type { Call } from '../domain/call.ts';
import type { Forecast, Size } from './forecast/forecast.ts';
import { Forecaster, type Judge, type SchedulerState } from './forecast/forecaster.ts';
import type { LateAdvice } from './forecast/late-advice.ts';
import { HeldReplica } from './held-replica.ts';
import { batchedMs, busyTimes, type Capacity, measureCapacity } from './policy/capacity.ts';
import { ArrivalPace } from './policy/linger.ts';
import type { Policy } from './policy/policy.ts';
import type { EstimateMs } from './policy/view.ts';
import { Lanes } from './queue/lanes.ts';
import { ScheduledRequest, type ScheduleResult } from './queue/request.ts';
import { countWaiting, type Waiting } from './queue/waiting.ts';
import { concludePart, runBatch, type RunOptions } from './run-batch.ts';
import { type Attempt, type FailureKind, splitBatch } from './split-batch.ts';

export interface SchedulerOptions extends RunOptions {
  readonly policy: Policy;
  /** Padded lengths, ascending. */
  readonly buckets: readonly number[];
  /** What is already known about how often requests arrive. */
  readonly arrivals?: ArrivalPace;
}

/**
 * The loop around the policy: carries out its decisions, and asks for the next one when a request
 * arrives, a batch ends or a timer fires. Independent of gRPC and of threads. Every scheduled
 * request settles exactly once.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #lanes = new Lanes<ScheduledRequest>();
  /** Halves of failed batches, which run before everything else. */
  readonly #retries: Attempt[] = [];
  readonly #arrivals: ArrivalPace;
  readonly #estimateMs: EstimateMs;
  readonly #forecaster: Forecaster;
  #replicas: readonly HeldReplica[] = [];
  /** False once no replica is ready and none is expected. */
  #canServe = true;
  #cancelTimer: () => void = () => undefined;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#forecaster = new Forecaster(options.policy.limits.agingMs);
    this.#arrivals = options.arrivals ?? new ArrivalPace();
    this.#estimateMs = (size, replica) => options.cost.estimateMs(size, replica);
  }

  /** Scores every candidate. @throws RankError, and nothing else. */
  async schedule(encoded: EncodedRequest, call: Call): Promise<ScheduleResult> {
    if (call.signal.aborted) {
      throw callerGone();
    }
    if (!this.#canServe) {
      throw noReplica();
    }
    const request = this.#enqueue(encoded, call);
    const onAbort = () => {
      this.#change(request, () => request.fail(callerGone()));
      this.#advance();
    };
    call.signal.addEventListener('abort', onAbort, { once: true });
    this.#advance();
    try {
      return await request.settled;
    } finally {
      call.signal.removeEventListener('abort', onAbort);
    }
  }

  /** Replaces the ready replicas; `expected` more are loading or will be tried again. */
  setReplicas(runners: readonly BatchRunner[], expected: number): void {
    const known = new Map(this.#replicas.map((replica) => [replica.runner, replica]));
    this.#replicas = runners.map((runner) => known.get(runner) ?? new HeldReplica(runner));
    this.#canServe = runners.length + expected > 0;
    if (!this.#canServe) {
      for (const request of this.#lanes.all) {
        this.#change(request, () => request.fail(noReplica()));
      }
    }
    this.#advance();
  }

  /** What waits for a replica, without the server's own work. */
  get waiting(): Waiting {
    return countWaiting(this.#lanes.all);
  }

  /** How often requests of callers arrive, and how long ago the last one did. */
  get pace(): Pick<ArrivalPace, 'sinceMs' | 'meanGapMs'> {
    return this.#arrivals;
  }

  /** Milliseconds that the ready replicas together need for this many packed tokens. */
  estimateMs(tokens: number): number {
    return batchedMs(this.#measure(), tokens, this.#options.policy.limits.tokenBudget);
  }

  /** When such a request would end if it arrived now. Queues nothing. See `Forecaster`. */
  predict(call: Call, size: Size, unscheduledTokens: number): Forecast {
    return this.#forecaster.predict(call, size, unscheduledTokens, this.#state());
  }

  /** Judges sizes by whether such a request would end by `byAtMs`. See `Forecaster`. */
  judge(call: Call, byAtMs: number, unscheduledTokens: number): Judge {
    return this.#forecaster.judge(call, byAtMs, unscheduledTokens, this.#state());
  }

  /** Advice for a request that would end too late. */
  advise(call: Call, size: Size, unscheduledTokens: number): LateAdvice {
    return this.#forecaster.advise(call, size, unscheduledTokens, this.#state());
  }

  #measure(): Capacity {
    const { policy, clock } = this.#options;
    const view = { replicas: this.#replicas, estimateMs: this.#estimateMs };
    return measureCapacity(view, policy.limits.tokenBudget, clock.nowMs());
  }

  #state(): SchedulerState {
    const { policy, clock } = this.#options;
    const nowMs = clock.nowMs();
    return {
      ...policy.limits,
      nowMs,
      lanes: this.#lanes,
      busyMs: busyTimes(this.#replicas, nowMs),
      capacity: this.#measure(),
      estimateMs: (tokens) => this.estimateMs(tokens),
    };
  }

  #enqueue(encoded: EncodedRequest, call: Call): ScheduledRequest {
    const { buckets, clock } = this.#options;
    const arrivedAtMs = clock.nowMs();
    const isCallers = call.isSpareWork !== true;
    if (isCallers) {
      this.#forecaster.see(call.client, arrivedAtMs);
    }
    const state = this.#state();
    const position = this.#forecaster.positionOf(call, state);
    const request = new ScheduledRequest(encoded, call, buckets, { arrivedAtMs, ...position });
    if (isCallers) {
      this.#learnFrom(request, encoded, call, state);
    }
    this.#lanes.add(request);
    return request;
  }

  /** Forecasts and batches depend on how callers' requests arrive and end. */
  #learnFrom(
    request: ScheduledRequest,
    encoded: EncodedRequest,
    call: Call,
    state: SchedulerState,
  ): void {
    const { clock, policy } = this.#options;
    const size = {
      candidates: encoded.candidates.length,
      packedTokens: packedSizeOf(encoded, policy.limits.tokenBudget),
    };
    this.#forecaster.watch(request, this.#forecaster.predict(call, size, 0, state), clock);
    this.#arrivals.arrive(request.arrivedAtMs);
  }

  #advance(): void {
    this.#cancelTimer();
    this.#dispatchRetries();
    for (;;) {
      const nowMs = this.#options.clock.nowMs();
      const decision = this.#options.policy.decide(
        {
          requests: this.#lanes.interactive.items,
          deferrable: this.#lanes.deferrable.items,
          replicas: this.#replicas,
          arrivalGapMs: this.#arrivals.gapMs(nowMs),
          estimateMs: this.#estimateMs,
        },
        nowMs,
      );
      switch (decision.kind) {
        case 'expire':
          this.#change(decision.request, () => decision.request.expire(nowMs));
          break;
        case 'promote':
          this.#lanes.promote(decision.request);
          break;
        case 'dispatch':
          this.#dispatch(decision.replica, {
            parts: decision.picks.map(({ request, count }) => request.take(count, nowMs)),
            cuts: 0,
          });
          break;
        case 'wait':
          this.#wake(decision.wakeAtMs);
          return;
        default:
          assertNever(decision);
      }
    }
  }

  #wake(wakeAtMs: number): void {
    this.#cancelTimer =
      wakeAtMs < Number.POSITIVE_INFINITY
        ? this.#options.clock.at(wakeAtMs, () => this.#advance())
        : () => undefined;
  }

  /** Gives halves of failed batches to whichever replicas have room. */
  #dispatchRetries(): void {
    for (;;) {
      const [replica] = this.#replicas
        .filter(({ batches }) => batches < 2)
        .sort((a, b) => a.batches - b.batches || a.freeAtMs - b.freeAtMs);
      const attempt = replica === undefined ? undefined : this.#retries.shift();
      if (replica === undefined || attempt === undefined) {
        return;
      }
      const parts = attempt.parts.filter(({ request }) => !request.isSettled);
      if (parts.length > 0) {
        this.#dispatch(replica, { ...attempt, parts });
      }
    }
  }

  #dispatch(replica: HeldReplica, attempt: Attempt): void {
    void runBatch(replica, attempt.parts, this.#options).then((outcome) => {
      this.#conclude(replica, attempt, outcome);
      this.#advance();
    });
  }

  #conclude(replica: HeldReplica, attempt: Attempt, outcome: BatchOutcome): void {
    if (!outcome.ok) {
      this.#onBatchFailure(replica, attempt, outcome.kind);
    }
    const halves = outcome.ok ? [] : splitBatch(attempt, outcome.kind);
    if (halves.length > 0) {
      this.#retries.push(...halves);
      return;
    }
    const nowMs = this.#options.clock.nowMs();
    let nextStart = 0;
    for (const part of attempt.parts) {
      const start = nextStart;
      nextStart += 2 * part.candidates.length;
      if (!part.request.isSettled) {
        this.#change(part.request, () => concludePart(part, outcome, start, nowMs));
      }
    }
  }

  /** Stops using a failed replica, or lowers the cap of one that ran out of memory. */
  #onBatchFailure(replica: HeldReplica, { parts }: Attempt, kind: FailureKind): void {
    if (kind === 'replica-failed') {
      this.#replicas = this.#replicas.filter((one) => one !== replica);
      const candidates = parts.reduce(
        (sum, { request, candidates: own }) => sum + (request.isSettled ? 0 : own.length),
        0,
      );
      this.#options.tell?.({ kind: 'retried', candidates });
    } else if (kind === 'out-of-memory') {
      replica.shrink(packedTokens(parts));
    }
  }

  /**
   * Every change that may settle a request goes through here, so that it leaves the queue at once.
   */
  #change(request: ScheduledRequest, change: () => void): void {
    change();
    if (request.isSettled) {
      this.#lanes.remove(request);
    }
  }
}

function callerGone(): RankError {
  return new RankError('cancelled', 'the caller has gone');
}

function noReplica(): RankError {
  return new RankError('unavailable', 'no replica is left: every device slot has failed');
}
