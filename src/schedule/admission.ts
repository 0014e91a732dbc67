import { RankError, type Reason } from '../base/errors.ts';
import { ClientShares } from './queue/client-shares.ts';
import type { Ask, Forecast } from './forecast/forecast.ts';
import type { LateAdvice } from './forecast/late-advice.ts';

/** Bounds of what is admitted and not yet answered. */
export interface AdmissionLimits {
  readonly candidates: number;
  readonly tokens: number;
}

/** A request's claim on the queue, from admission until it is answered. */
export interface Permit {
  /** Replaces the estimate of tokens by the count. What is in stays in, whatever the count. */
  correct(tokens: number): void;
  /** Gives the claim back; again does nothing. */
  release(): void;
}

/** What admission looks at beside the size. */
export interface AdmissionCall
  extends Pick<Ask, 'client' | 'priority' | 'deadlineMs' | 'partialOk' | 'prefixTokens'> {
  /** SLMRANK_MAX_CALL_MS, when it is that which makes the deadline, and not the caller. */
  readonly maxCallMs?: number | undefined;
}

type AskingCall = AdmissionCall & Ask;

/** Knows when requests would end. */
export interface Forecasts {
  /** Were it to come now. */
  predict(ask: Ask): Forecast;
  /** For one that would end too late. */
  advise(ask: Ask): LateAdvice;
}

/** A caller of whom nothing is known, who waits for ever. */
const anyone: AdmissionCall = {
  client: '',
  priority: 'interactive',
  deadlineMs: Number.POSITIVE_INFINITY,
  partialOk: false,
};

/** Deferrable requests may fill so much of the queue: the rest is kept for interactive ones. */
const deferrableShare = 0.5;

/** Longest and shortest a client is told to stay away. */
const retryMs = { least: 10, most: 30_000 };

/**
 * Bounds the queue before any work is done: a request is let in at once or refused at once. A request that meets an
 * empty queue finds room whatever its size, since that is bounded elsewhere and waiting would not help it.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #estimateMs: (tokens: number) => number;
  readonly #forecasts: Forecasts | undefined;
  readonly #shares = new ClientShares();
  #candidates = 0;
  #tokens = 0;
  #deferrableTokens = 0;
  #uncountedTokens = 0;
  #permits = 0;
  readonly #onEmpty: (() => void)[] = [];

  /**
   * `estimateMs` says how long the server needs for so many packed tokens. Without `forecasts` no deadline is looked at.
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

  /** Of permits that were not corrected yet: being encoded, and not known to the scheduler. */
  get uncountedTokens(): number {
    return this.#uncountedTokens;
  }

  /** Resolves once every permit is back. */
  async whenEmpty(): Promise<void> {
    if (this.#permits > 0) {
      await new Promise<void>((resolve) => this.#onEmpty.push(resolve));
    }
  }

  /**
   * @throws RankError `overloaded`; reason QUEUE_FULL, CLIENT_SHARE (the client holds its part of a queue that others need
   * too) or PREDICTED_LATE (it could not end before its deadline) with the time after which to try again, or
   * TOO_LARGE_FOR_DEADLINE (it could not even with nothing else to do), which says how much would fit.
   */
  admit(candidates: number, tokens: number, call: AdmissionCall = anyone): Permit {
    const ask = {
      ...call,
      ...{ candidates, packedTokens: tokens, unscheduledTokens: this.#uncountedTokens },
    };
    const refusal = this.#findRefusal(ask);
    if (refusal !== undefined) {
      throw refusal;
    }
    this.#permits += 1;
    this.#candidates += candidates;
    this.#count(tokens, call);
    this.#uncountedTokens += tokens;
    return this.#permit(candidates, tokens, call);
  }

  /** For a request that others' runs will answer: it needs no room in the queue, but a drain has to wait for it. */
  follow(call: AdmissionCall = anyone): Permit {
    this.#permits += 1;
    return this.#permit(0, 0, call);
  }

  /** `tokens` below zero when they are given back. */
  #count(tokens: number, { client, priority }: AdmissionCall): void {
    this.#tokens += tokens;
    this.#deferrableTokens += priority === 'deferrable' ? tokens : 0;
    this.#shares.add(client, tokens);
  }

  #permit(candidates: number, estimate: number, call: AdmissionCall): Permit {
    let tokens = estimate;
    let uncounted = estimate;
    let held = true;
    const count = () => {
      this.#uncountedTokens -= uncounted;
      uncounted = 0;
    };
    return {
      correct: (counted) => {
        if (held) {
          count();
          this.#count(counted - tokens, call);
          tokens = counted;
        }
      },
      release: () => {
        if (held) {
          held = false;
          count();
          this.#count(-tokens, call);
          this.#giveBack(candidates);
        }
      },
    };
  }

  #giveBack(candidates: number): void {
    this.#permits -= 1;
    this.#candidates -= candidates;
    if (this.#permits === 0) {
      this.#shares.clear();
      this.#onEmpty.splice(0).forEach((resolve) => resolve());
    }
  }

  #findRefusal(ask: AskingCall): RankError | undefined {
    const isFull = this.#permits > 0 ? (this.#findFull(ask) ?? this.#findUnfair(ask)) : undefined;
    const forecasts = this.#forecasts;
    if (forecasts === undefined || ask.deadlineMs === Number.POSITIVE_INFINITY) {
      return isFull;
    }
    const predicted = forecasts.predict(ask);
    if (isFull === undefined && predicted.inTime) {
      return undefined;
    }
    // Who can never be in time is not told to come again, whatever else is in the way.
    const advice = forecasts.advise(ask);
    return advice.waitMs === undefined
      ? tooLarge(ask, advice)
      : (isFull ?? refusal('PREDICTED_LATE', describeLate(ask, predicted), advice.waitMs));
  }

  #findFull({ candidates, packedTokens: tokens }: AskingCall): RankError | undefined {
    const limits = this.#limits;
    const overCandidates = this.#candidates + candidates - limits.candidates;
    const overTokens = this.#tokens + tokens - limits.tokens;
    if (overCandidates <= 0 && overTokens <= 0) {
      return undefined;
    }
    const asTokens = (overCandidates * this.#tokens) / Math.max(1, this.#candidates);
    return refusal(
      'QUEUE_FULL',
      `the queue holds ${this.#candidates} candidates and about ${this.#tokens} tokens, this request adds ` +
        `${candidates} and ${tokens}; at most ${limits.candidates} and ${limits.tokens}`,
      this.#estimateMs(Math.max(overTokens, asTokens)),
    );
  }

  /** Only a queue that is more than half full is shared out. */
  #findUnfair({ client, priority, packedTokens: tokens }: AskingCall): RankError | undefined {
    const most = this.#limits.tokens;
    const deferrable = this.#deferrableTokens + tokens;
    if (priority === 'deferrable' && deferrable > most * deferrableShare) {
      return refusal(
        'QUEUE_FULL',
        `deferrable requests hold ${this.#deferrableTokens} tokens and this one adds ${tokens}; at most ` +
          `${most * deferrableShare} (half of the queue)`,
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
      `this client holds about ${own - tokens} tokens and adds ${tokens}; at most ${Math.floor(share)} while ` +
        `${this.#shares.clients} clients share a queue that is more than half full`,
      this.#estimateMs(own - share),
    );
  }
}

function describeLate(
  { candidates, packedTokens, maxCallMs }: AskingCall,
  { queueMs, runMs }: Forecast,
): string {
  const end =
    maxCallMs === undefined ? 'the deadline' : `the ${maxCallMs} ms of SLMRANK_MAX_CALL_MS`;
  return (
    `${candidates} candidates with about ${packedTokens} tokens would wait ${Math.round(queueMs)} ms and run ` +
    `${Math.round(runMs)} ms, and end after ${end}`
  );
}

/** Trying again cannot help: only a smaller request or more time can. */
function tooLarge(
  { candidates, packedTokens, maxCallMs }: AskingCall,
  { aloneMs, leftMs, fitting }: LateAdvice,
): RankError {
  const allowed =
    maxCallMs === undefined
      ? `the deadline leaves ${Math.floor(leftMs)} ms`
      : `SLMRANK_MAX_CALL_MS allows ${maxCallMs} ms`;
  const fits =
    fitting.candidates === 0
      ? 'not one of them would end in time'
      : `about ${fitting.candidates} of them, with ${fitting.packedTokens} tokens, would end in time`;
  const message =
    `${candidates} candidates with about ${packedTokens} tokens would run ${Math.round(aloneMs)} ms on an idle ` +
    `server, and ${allowed}; ${fits}`;
  return new RankError('overloaded', message, {
    reason: 'TOO_LARGE_FOR_DEADLINE',
    retryAfterMs: Number.POSITIVE_INFINITY,
  });
}

function refusal(reason: Reason, message: string, waitMs: number): RankError {
  const retryAfterMs = Math.min(Math.max(Math.ceil(waitMs), retryMs.least), retryMs.most);
  return new RankError('overloaded', message, { reason, retryAfterMs });
}
