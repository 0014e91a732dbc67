import type { Clock } from '../../base/clock.ts';
import { RankError } from '../../base/errors.ts';
import type { Call } from '../../domain/call.ts';
import { ActiveClients, computeDueAtMs, computeFairDueAtMs } from '../queue/fair-order.ts';
import type { Lanes } from '../queue/lanes.ts';
import type { QueuePosition, ScheduledRequest } from '../queue/request.ts';
import {
  type Forecast,
  ForecastError,
  type ForecastView,
  forecast,
  type Size,
} from './forecast.ts';
import { adviseLate, type LateAdvice } from './late-advice.ts';

/** The scheduler's state, as far as forecasts depend on it. */
export interface SchedulerState extends Omit<ForecastView, 'aheadTokens' | 'marginMs'> {
  readonly lanes: Lanes<ScheduledRequest>;
  readonly agingMs: number;
  /** How long all replicas need for this many tokens. */
  readonly estimateMs: (tokens: number) => number;
}

/** Whether a request of this size would end in time. */
export type Judge = (size: Size) => boolean;

/** Forecasts requests, knowing which clients share the server and how wrong past forecasts were. */
export class Forecaster {
  readonly #clients: ActiveClients;
  /** Kept apart: later arrivals overtake over-share requests, interactive ones all deferrable. */
  readonly #errors = {
    withinShare: new ForecastError(),
    overShare: new ForecastError(),
    deferrable: new ForecastError(),
  };

  constructor(agingMs: number) {
    this.#clients = new ActiveClients(agingMs);
  }

  /** Notes the arrival of one of this client's requests. */
  see(client: string, nowMs: number): void {
    this.#clients.see(client, nowMs);
  }

  positionOf({ client, priority, deadlineAtMs }: Call, state: SchedulerState): QueuePosition {
    const dueAtMs = computeDueAtMs(state.nowMs, deadlineAtMs, state.agingMs);
    const { items } = state.lanes[priority];
    const clients = this.#clients.count(client, state.nowMs);
    const fairDueAtMs = computeFairDueAtMs({ client, dueAtMs }, items, clients, state.estimateMs);
    return { dueAtMs, fairDueAtMs, isShared: clients > 1 };
  }

  /** `unscheduledTokens` were admitted earlier and are still being encoded. */
  predict(call: Call, size: Size, unscheduledTokens: number, state: SchedulerState): Forecast {
    const { view, error, batchMs } = this.#viewOf(call, unscheduledTokens, state);
    const careful = forecast(size, call, view);
    if (!careful.inTime && forecast(size, call, { ...view, marginMs: error.learntMs }).inTime) {
      error.decayPrior(batchMs, state.nowMs);
    }
    return careful;
  }

  /**
   * Judges whether requests of given sizes would be scored completely by `byAtMs`, whatever
   * `partialOk` says. The call's own deadline only determines its queue position. Unlike `predict`,
   * this does not affect the forecaster.
   */
  judge(call: Call, byAtMs: number, unscheduledTokens: number, state: SchedulerState): Judge {
    const { view } = this.#viewOf(call, unscheduledTokens, state);
    const whole = { ...call, deadlineAtMs: byAtMs, partialOk: false };
    return (size) => forecast(size, whole, view).inTime;
  }

  /** Explains what would help a request that is predicted to end too late. */
  advise(call: Call, size: Size, unscheduledTokens: number, state: SchedulerState): LateAdvice {
    return adviseLate(size, call, this.#viewOf(call, unscheduledTokens, state).view);
  }

  /** Learns how much later than forecast a request ends, if it has to wait. */
  watch(request: ScheduledRequest, { queueMs, runMs }: Forecast, clock: Clock): void {
    if (queueMs <= 0 || runMs <= 0) {
      return;
    }
    const end = this.#errorOf(request, request).expect();
    const lateMs = () => clock.nowMs() - request.arrivedAtMs - queueMs - runMs;
    request.settled.then(
      () => end(lateMs()),
      (thrown: unknown) =>
        end(RankError.from(thrown).kind === 'deadline-exceeded' ? lateMs() : undefined),
    );
  }

  #viewOf(call: Call, unscheduledTokens: number, state: SchedulerState) {
    const position = this.positionOf(call, state);
    const error = this.#errorOf(call, position);
    const batchMs = state.capacity.fastestMs({ packedTokens: state.tokenBudget });
    const queuedTokens = state.lanes.tokensAhead(call.priority, position.fairDueAtMs);
    const view: ForecastView = {
      ...state,
      aheadTokens: queuedTokens + unscheduledTokens,
      marginMs: error.marginMs(batchMs),
    };
    return { view, error, batchMs };
  }

  #errorOf(
    { priority }: { readonly priority: Call['priority'] },
    { dueAtMs, fairDueAtMs }: { readonly dueAtMs: number; readonly fairDueAtMs: number },
  ): ForecastError {
    const { withinShare, overShare, deferrable } = this.#errors;
    return priority === 'deferrable' ? deferrable : fairDueAtMs > dueAtMs ? overShare : withinShare;
  }
}
