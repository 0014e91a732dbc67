import type { Clock } from '../../base/clock.ts';
import { RankError } from '../../base/errors.ts';
import { ActiveClients, dueOf, orderOf } from '../queue/fair-order.ts';
import {
  type Ask,
  type Capacity,
  type Forecast,
  ForecastError,
  forecast,
  type Size,
} from './forecast.ts';
import type { Lanes } from '../queue/lanes.ts';
import { adviseLate, type LateAdvice } from './late-advice.ts';
import type { ScheduledRequest } from '../queue/request.ts';

/** The scheduler as a forecast sees it. */
export interface Outlook extends Omit<Capacity, 'marginMs'> {
  readonly nowMs: number;
  readonly lanes: Lanes<ScheduledRequest>;
  readonly agingMs: number;
  /** How long all replicas need for so many tokens. */
  readonly estimateMs: (tokens: number) => number;
}

type Asker = Pick<Ask, 'client' | 'priority' | 'deadlineMs'>;

/** Whether a request of this size would end in time. */
export type Judge = (size: Size) => boolean;

/** When its turn is due by itself, and beside other clients. */
export interface TurnTimes {
  readonly dueMs: number;
  readonly orderMs: number;
  /** Whether other clients share the server. */
  readonly isShared: boolean;
}

/** Knows who shares the server, and by how much its forecasts were wrong. */
export class Forecaster {
  readonly #clients: ActiveClients;
  readonly #errors = {
    inTurn: new ForecastError(),
    standingBack: new ForecastError(),
    deferrable: new ForecastError(),
  };

  constructor(agingMs: number) {
    this.#clients = new ActiveClients(agingMs);
  }

  /** A request of this client has come. */
  see(client: string, nowMs: number): void {
    this.#clients.see(client, nowMs);
  }

  turnOf({ client, priority, deadlineMs }: Asker, outlook: Outlook): TurnTimes {
    const dueMs = dueOf(outlook.nowMs, deadlineMs, outlook.agingMs);
    const { items } = outlook.lanes[priority];
    const clients = this.#clients.count(client, outlook.nowMs);
    const orderMs = orderOf({ client, dueMs }, items, clients, outlook.estimateMs);
    return { dueMs, orderMs, isShared: clients > 1 };
  }

  predict(ask: Ask, outlook: Outlook): Forecast {
    const { aheadTokens, error, batchMs } = this.#placeOf(ask, outlook);
    const { nowMs } = outlook;
    const within = (marginMs: number) =>
      forecast(ask, aheadTokens, { ...outlook, marginMs }, nowMs);
    const careful = within(error.marginMs(batchMs));
    if (!careful.inTime && within(error.learntMs).inTime) {
      error.doubt(batchMs, nowMs);
    }
    return careful;
  }

  /**
   * Whether requests of this asker would end by a moment, by their sizes: all of them, whatever partialOk says. The
   * asker's deadline decides only their turn. Nothing follows from what it says.
   */
  judge(asker: Asker & Pick<Ask, 'unscheduledTokens'>, outlook: Outlook, byMs: number): Judge {
    const { aheadTokens, error, batchMs } = this.#placeOf(asker, outlook);
    const capacity = { ...outlook, marginMs: error.marginMs(batchMs) };
    const wanted = { deadlineMs: byMs, partialOk: false };
    return (size) => forecast({ ...wanted, ...size }, aheadTokens, capacity, outlook.nowMs).inTime;
  }

  /** What to tell a request that was predicted to end too late. */
  advise(ask: Ask, outlook: Outlook): LateAdvice {
    const { aheadTokens, error, batchMs } = this.#placeOf(ask, outlook);
    const capacity = { ...outlook, marginMs: error.marginMs(batchMs) };
    return adviseLate(ask, { aheadTokens, capacity, nowMs: outlook.nowMs });
  }

  /** Learns by how much a request that has to wait ends later than forecast. */
  watch(request: ScheduledRequest, { queueMs, runMs }: Forecast, clock: Clock): void {
    if (queueMs <= 0 || runMs <= 0) {
      return;
    }
    const end = this.#errorOf(request, request).expect();
    const lateMs = () => clock.nowMs() - request.arrivedMs - queueMs - runMs;
    request.settled.then(
      () => end(lateMs()),
      (thrown: unknown) =>
        end(RankError.from(thrown).kind === 'deadline-exceeded' ? lateMs() : undefined),
    );
  }

  /** Where a request of any size would stand, and by how much such ones are late. */
  #placeOf(ask: Asker & Pick<Ask, 'unscheduledTokens'>, outlook: Outlook) {
    const turn = this.turnOf(ask, outlook);
    return {
      aheadTokens:
        outlook.lanes.tokensAhead(ask.priority, turn.orderMs) + (ask.unscheduledTokens ?? 0),
      error: this.#errorOf(ask, turn),
      batchMs: outlook.power.fastestMs({ packedTokens: outlook.tokenBudget }),
    };
  }

  /** Those who stand back are overtaken by who comes later, deferrable ones by all interactive ones. */
  #errorOf(
    { priority }: Pick<Asker, 'priority'>,
    { dueMs, orderMs }: Pick<TurnTimes, 'dueMs' | 'orderMs'>,
  ): ForecastError {
    const { inTurn, standingBack, deferrable } = this.#errors;
    return priority === 'deferrable' ? deferrable : orderMs > dueMs ? standingBack : inTurn;
  }
}
