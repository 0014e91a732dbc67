import { assertNever, RankError } from '../base/errors.ts';
import type { BatchOutcome, BatchRunner, EncodedRequest } from '../batch/packed-batch.ts';
import type { Ask, Forecast, Size } from './forecast/forecast.ts';
import { Forecaster, type Judge, type Outlook } from './forecast/forecaster.ts';
import { HeldReplica } from './held-replica.ts';
import { Lanes } from './queue/lanes.ts';
import type { LateAdvice } from './forecast/late-advice.ts';
import { ArrivalPace } from './policy/linger.ts';
import { packedTokens } from '../batch/pack-batch.ts';
import { packedSize } from '../batch/packed-size.ts';
import type { Policy } from './policy/policy.ts';
import type { EstimateMs } from './policy/view.ts';
import { type ScheduleCall, ScheduledRequest, type ScheduleResult } from './queue/request.ts';
import { type Power, busyTimes, measurePower } from './policy/capacity.ts';
import { type RunOptions, concludePart, runBatch } from './run-batch.ts';
import { type Attempt, type FailureKind, splitBatch } from './split-batch.ts';

export interface SchedulerOptions extends RunOptions {
  readonly policy: Policy;
  /** Padded lengths, ascending. */
  readonly buckets: readonly number[];
  /** How often requests came before. */
  readonly arrivals?: ArrivalPace;
}

/**
 * The loop around the policy: asks it what to do, does it, and asks again when something arrives, finishes, or falls
 * due. Knows no gRPC and no threads. Every scheduled request settles exactly once.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #lanes = new Lanes<ScheduledRequest>();
  /** Halves of batches that failed: next to run. */
  readonly #repairs: Attempt[] = [];
  readonly #arrivals: ArrivalPace;
  readonly #estimateMs: EstimateMs;
  readonly #forecaster: Forecaster;
  #replicas: readonly HeldReplica[] = [];
  /** False when no replica is ready and none is coming. */
  #hasHope = true;
  #cancelTimer: () => void = () => undefined;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#forecaster = new Forecaster(options.policy.limits.agingMs);
    this.#arrivals = options.arrivals ?? new ArrivalPace();
    this.#estimateMs = (size, replica) => options.cost.estimateMs(size, replica);
  }

  /** Scores every candidate. @throws RankError, always. */
  async schedule(encoded: EncodedRequest, call: ScheduleCall): Promise<ScheduleResult> {
    if (call.signal.aborted) {
      throw callerGone();
    }
    if (!this.#hasHope) {
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

  /** The replicas that are ready, and how many more are loading or will be tried again. */
  setReplicas(runners: readonly BatchRunner[], coming: number): void {
    const known = new Map(this.#replicas.map((replica) => [replica.runner, replica]));
    this.#replicas = runners.map((runner) => known.get(runner) ?? new HeldReplica(runner));
    this.#hasHope = runners.length + coming > 0;
    if (!this.#hasHope) {
      for (const request of this.#lanes.all) {
        this.#change(request, () => request.fail(noReplica()));
      }
    }
    this.#advance();
  }

  /** What waits for a replica. */
  get waiting(): { readonly candidates: number; readonly tokens: number } {
    let candidates = 0;
    let tokens = 0;
    for (const { waiting, waitingTokens } of this.#lanes.all) {
      candidates += waiting.length;
      tokens += waitingTokens;
    }
    return { candidates, tokens };
  }

  /** Milliseconds that the ready replicas together need for so many packed tokens. */
  estimateMs(tokens: number): number {
    const { tokenBudget } = this.#options.policy.limits;
    const batches = Math.max(1, Math.ceil(tokens / tokenBudget));
    return batches * this.#power().togetherMs({ packedTokens: tokens / batches });
  }

  /** When such a request would end, were it to come now; queues nothing. */
  predict(ask: Ask): Forecast {
    return this.#forecaster.predict(ask, this.#outlook());
  }

  /** Whether its requests would end by this moment, were they to come now. */
  judge(asker: Omit<Ask, 'partialOk' | keyof Size>, byMs: number): Judge {
    return this.#forecaster.judge(asker, this.#outlook(), byMs);
  }

  /** What to tell a request that would end too late. */
  advise(ask: Ask): LateAdvice {
    return this.#forecaster.advise(ask, this.#outlook());
  }

  #power(): Power {
    const view = { replicas: this.#replicas, estimateMs: this.#estimateMs };
    const { policy, clock } = this.#options;
    return measurePower(view, policy.limits.tokenBudget, clock.nowMs());
  }

  #outlook(): Outlook {
    const { policy, clock } = this.#options;
    const nowMs = clock.nowMs();
    return {
      ...policy.limits,
      nowMs,
      lanes: this.#lanes,
      busyMs: busyTimes(this.#replicas, nowMs),
      power: this.#power(),
      estimateMs: (tokens) => this.estimateMs(tokens),
    };
  }

  #enqueue(encoded: EncodedRequest, call: ScheduleCall): ScheduledRequest {
    const { buckets, clock, policy } = this.#options;
    const arrivedMs = clock.nowMs();
    const { client = '', priority = 'interactive', deadlineMs, partialOk } = call;
    this.#forecaster.see(client, arrivedMs);
    const outlook = this.#outlook();
    const turn = this.#forecaster.turnOf({ client, priority, deadlineMs }, outlook);
    const request = new ScheduledRequest(encoded, call, { buckets, arrivedMs, ...turn });
    const { prefixTokens, waitingTokens: candidateTokens } = request;
    const size = { prefixTokens, candidates: request.waiting.length, candidateTokens };
    const ask = {
      ...{ client, priority, deadlineMs, partialOk, candidates: size.candidates },
      packedTokens: packedSize(size, policy.limits.tokenBudget),
    };
    this.#forecaster.watch(request, this.#forecaster.predict(ask, outlook), clock);
    this.#arrivals.arrive(arrivedMs);
    this.#lanes.add(request);
    return request;
  }

  #advance(): void {
    this.#cancelTimer();
    this.#repair();
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
          this.#wake(decision.untilMs);
          return;
        default:
          assertNever(decision);
      }
    }
  }

  #wake(atMs: number): void {
    this.#cancelTimer =
      atMs < Number.POSITIVE_INFINITY
        ? this.#options.clock.at(atMs, () => this.#advance())
        : () => undefined;
  }

  /** Halves of failed batches go before all else, to whichever replica has room. */
  #repair(): void {
    for (;;) {
      const [replica] = this.#replicas
        .filter(({ batches }) => batches < 2)
        .sort((a, b) => a.batches - b.batches || a.busyUntilMs - b.busyUntilMs);
      const attempt = replica === undefined ? undefined : this.#repairs.shift();
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
      this.#heed(replica, attempt, outcome.kind);
    }
    const halves = outcome.ok ? [] : splitBatch(attempt, outcome.kind);
    if (halves.length > 0) {
      this.#repairs.push(...halves);
      return;
    }
    const nowMs = this.#options.clock.nowMs();
    let place = 0;
    for (const part of attempt.parts) {
      const start = place;
      place += 2 * part.candidates.length;
      if (!part.request.isSettled) {
        this.#change(part.request, () => concludePart(part, outcome, start, nowMs));
      }
    }
  }

  /** What a failure says of the replica. */
  #heed(replica: HeldReplica, { parts }: Attempt, kind: FailureKind): void {
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

  /** Whatever may settle a request goes through here: a settled one leaves the queue in the same turn. */
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
