import { RankError, type Reason } from '../base/errors.ts';
import type { Call } from '../domain/call.ts';
import type { Forecast, Size } from './forecast/forecast.ts';
import type { LateAdvice } from './forecast/late-advice.ts';
import { ClientShares } from './queue/client-shares.ts';

/** Bounds of the work that is admitted and not yet answered. */
export interface AdmissionLimits {
  readonly candidates: number;
  readonly tokens: number;
}

/** A request's room in the queue, from admission until it is answered. */
export interface Permit {
  /** Replaces the estimated tokens by the counted ones. Never refuses, whatever the count. */
  correct(tokens: number): void;
  /** Gives the room back. Calling it again has no effect. */
  release(): void;
}

/** Predicts requests' ends. `unscheduledTokens` are admitted but not scheduled yet. */
export interface Forecasts {
  predict(call: Call, size: Size, unscheduledTokens: number): Forecast;
  /** For a request that would end too late. */
  advise(call: Call, size: Size, unscheduledTokens: number): LateAdvice;
}

/**
 * Deferrable requests may fill this share of the queue; the rest is reserved for interactive ones.
 */
const deferrableShare = 0.5;

/** Bounds of the retry delay that a refused client is given. */
const minRetryMs = 10;
const maxRetryMs = 30_000;

/**
 * Bounds the queue before any work is done: a request is admitted or refused at once. An empty
 * queue admits a request of any size, since its size is bounded elsewhere and waiting would not
 * help.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #estimateMs: (tokens: number) => number;
  readonly #forecasts: Forecasts | undefined;
  readonly #shares = new ClientShares();
  #candidates = 0;
  #tokens = 0;
  #deferrableTokens = 0;
  #unscheduledTokens = 0;
  #permits = 0;
  readonly #onEmpty: (() => void)[] = [];

  /**
   * `estimateMs` predicts how long the server needs for a number of packed tokens. Without
   * `forecasts`, deadlines are not considered.
   */
  constructor(
    limits: AdmissionLimits,
    estimateMs: (tokens: number) => number,
    forecasts?: Forecasts,
  ) {
    this.#limits = limits;
    this.#estimateMs = estimateMs;
    this.#forecasts = forecasts;
  }

  /** What is admitted and not yet released. */
  get held(): AdmissionLimits {
    return { candidates: this.#candidates, tokens: this.#tokens };
  }

  /** Tokens of requests that are being encoded, which the scheduler does not know yet. */
  get unscheduledTokens(): number {
    return this.#unscheduledTokens;
  }

  /** Resolves once every permit has been released. */
  async whenEmpty(): Promise<void> {
    if (this.#permits > 0) {
      await new Promise<void>((resolve) => this.#onEmpty.push(resolve));
    }
  }

  /**
   * @throws RankError `overloaded`. With the time after which to retry, for the reasons QUEUE_FULL,
   * CLIENT_SHARE (the client holds its share of a queue that others need too) and PREDICTED_LATE
   * (the request would miss its deadline). Without it, and with the size that would fit, for
   * TOO_LARGE_FOR_DEADLINE (the request would miss its deadline even on an idle server).
   */
  admit(size: Size, call: Call): Permit {
    const refusal = this.#findRefusal(size, call);
    if (refusal !== undefined) {
      throw refusal;
    }
    const { candidates, packedTokens } = size;
    this.#permits += 1;
    this.#candidates += candidates;
    this.#count(packedTokens, call);
    this.#unscheduledTokens += packedTokens;
    return this.#permit(candidates, packedTokens, call);
  }

  /** Admits a request that waits for other requests' runs: it takes no room, but delays a drain. */
  follow(call: Call): Permit {
    this.#permits += 1;
    return this.#permit(0, 0, call);
  }

  /** A negative number gives tokens back. */
  #count(tokens: number, { client, priority }: Call): void {
    this.#tokens += tokens;
    this.#deferrableTokens += priority === 'deferrable' ? tokens : 0;
    this.#shares.add(client, tokens);
  }

  #permit(candidates: number, estimate: number, call: Call): Permit {
    let tokens = estimate;
    let unscheduled = estimate;
    let isHeld = true;
    const markScheduled = () => {
      this.#unscheduledTokens -= unscheduled;
      unscheduled = 0;
    };
    return {
      correct: (counted) => {
        if (isHeld) {
          markScheduled();
          this.#count(counted - tokens, call);
          tokens = counted;
        }
      },
      release: () => {
        if (isHeld) {
          isHeld = false;
          markScheduled();
          this.#count(-tokens, call);
          this.#release(candidates);
        }
      },
    };
  }

  #release(candidates: number): void {
    this.#permits -= 1;
    this.#candidates -= candidates;
    if (this.#permits === 0) {
      this.#shares.clear();
      this.#onEmpty.splice(0).forEach((resolve) => resolve());
    }
  }

  #findRefusal(size: Size, call: Call): RankError | undefined {
    const noRoom =
      this.#permits > 0 ? (this.#findFull(size) ?? this.#findUnfair(size, call)) : undefined;
    const forecasts = this.#forecasts;
    if (forecasts === undefined || call.deadlineAtMs === Number.POSITIVE_INFINITY) {
      return noRoom;
    }
    const predicted = forecasts.predict(call, size, this.#unscheduledTokens);
    if (noRoom === undefined && predicted.inTime) {
      return undefined;
    }
    // A request that can never be in time must not be told to retry, even if the queue is full too.
    const advice = forecasts.advise(call, size, this.#unscheduledTokens);
    return advice.waitMs === undefined
      ? tooLarge(size, call, advice)
      : (noRoom ?? refusal('PREDICTED_LATE', describeLate(size, call, predicted), advice.waitMs));
  }

  #findFull({ candidates, packedTokens: tokens }: Size): RankError | undefined {
    const limits = this.#limits;
    const overCandidates = this.#candidates + candidates - limits.candidates;
    const overTokens = this.#tokens + tokens - limits.tokens;
    if (overCandidates <= 0 && overTokens <= 0) {
      return undefined;
    }
    const asTokens = (overCandidates * this.#tokens) / Math.max(1, this.#candidates);
    return refusal(
      'QUEUE_FULL',
      `the queue holds ${this.#candidates} candidates and about ${this.#tokens} tokens, ` +
        `this request adds ${candidates} and ${tokens}; ` +
        `at most ${limits.candidates} and ${limits.tokens}`,
      this.#estimateMs(Math.max(overTokens, asTokens)),
    );
  }

  /** Client shares apply only once the queue is more than half full. */
  #findUnfair({ packedTokens: tokens }: Size, { client, priority }: Call): RankError | undefined {
    const most = this.#limits.tokens;
    const deferrable = this.#deferrableTokens + tokens;
    if (priority === 'deferrable' && deferrable > most * deferrableShare) {
      return refusal(
        'QUEUE_FULL',
        `deferrable requests hold ${this.#deferrableTokens} tokens and this one adds ${tokens}; ` +
          `at most ${most * deferrableShare} (half of the queue)`,
        this.#estimateMs(deferrable - most * deferrableShare),
      );
    }
    const share = this.#shares.shareOf(client, most);
    const own = this.#shares.held(client) + tokens;
    if (this.#tokens + tokens <= most / 2 || own <= share) {
      return undefined;
    }
    return refusal(
      'CLIENT_SHARE',
      `this client holds about ${own - tokens} tokens and adds ${tokens}; ` +
        `at most ${Math.floor(share)} while ${this.#shares.clients} clients share a queue ` +
        'that is more than half full',
      this.#estimateMs(own - share),
    );
  }
}

function describeLate(
  { candidates, packedTokens }: Size,
  { maxCallMs }: Call,
  { queueMs, runMs }: Forecast,
): string {
  const end =
    maxCallMs === undefined ? 'the deadline' : `the ${maxCallMs} ms of SLMRANK_MAX_CALL_MS`;
  return (
    `${candidates} candidates with about ${packedTokens} tokens would wait ` +
    `${Math.round(queueMs)} ms and run ${Math.round(runMs)} ms, and end after ${end}`
  );
}

/** The refusal of a request that only fewer candidates or more time can help. */
function tooLarge(
  { candidates, packedTokens }: Size,
  { maxCallMs }: Call,
  { aloneMs, leftMs, fitting }: LateAdvice,
): RankError {
  const allowed =
    maxCallMs === undefined
      ? `the deadline leaves ${Math.floor(leftMs)} ms`
      : `SLMRANK_MAX_CALL_MS allows ${maxCallMs} ms`;
  const fits =
    fitting.candidates === 0
      ? 'not one of them would end in time'
      : `about ${fitting.candidates} of them, with ${fitting.packedTokens} tokens, ` +
        'would end in time';
  const message =
    `${candidates} candidates with about ${packedTokens} tokens would run ` +
    `${Math.round(aloneMs)} ms on an idle server, and ${allowed}; ${fits}`;
  return new RankError('overloaded', message, {
    reason: 'TOO_LARGE_FOR_DEADLINE',
    retryAfterMs: Number.POSITIVE_INFINITY,
  });
}

function refusal(reason: Reason, message: string, waitMs: number): RankError {
  const retryAfterMs = Math.min(Math.max(Math.ceil(waitMs), minRetryMs), maxRetryMs);
  return new RankError('overloaded', message, { reason, retryAfterMs });
}
