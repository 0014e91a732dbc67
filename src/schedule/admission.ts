import { RankError } from '../errors.ts';
import { ClientShares } from './client-shares.ts';
import type { Ask, Forecast } from './forecast.ts';

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
export type AdmissionCall = Pick<Ask, 'client' | 'priority' | 'deadlineMs' | 'partialOk'>;

/** When a request would end, were it to come now. */
export type Predict = (ask: Ask) => Forecast;

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
  readonly #predict: Predict | undefined;
  readonly #shares = new ClientShares();
  #candidates = 0;
  #tokens = 0;
  #deferrableTokens = 0;
  #uncountedTokens = 0;
  #permits = 0;
  readonly #onEmpty: (() => void)[] = [];

  /**
   * `estimateMs` says how long the server needs for so many packed tokens. Without `predict` no deadline is looked at.
   */
  constructor(limits: AdmissionLimits, estimateMs: (tokens: number) => number, predict?: Predict) {
    this.#limits = limits;
    this.#estimateMs = estimateMs;
    this.#predict = predict;
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
   * @throws RankError `overloaded` with the time after which to try again; reason QUEUE_FULL, CLIENT_SHARE (the client
   * holds its part of a queue that others need too), or PREDICTED_LATE (it could not end before its deadline).
   */
  admit(candidates: number, tokens: number, call: AdmissionCall = anyone): Permit {
    if (this.#permits > 0) {
      this.#assertRoom(candidates, tokens);
      this.#assertShare(tokens, call);
    }
    this.#assertInTime(candidates, tokens, call);
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

  #assertRoom(candidates: number, tokens: number): void {
    const limits = this.#limits;
    const overCandidates = this.#candidates + candidates - limits.candidates;
    const overTokens = this.#tokens + tokens - limits.tokens;
    if (overCandidates > 0 || overTokens > 0) {
      const asTokens = (overCandidates * this.#tokens) / Math.max(1, this.#candidates);
      throw this.#refusal(
        'QUEUE_FULL',
        `the queue holds ${this.#candidates} candidates and about ${this.#tokens} tokens, this request adds ` +
          `${candidates} and ${tokens}; at most ${limits.candidates} and ${limits.tokens}`,
        this.#estimateMs(Math.max(overTokens, asTokens)),
      );
    }
  }

  /** Only a queue that is more than half full is shared out. */
  #assertShare(tokens: number, { client, priority }: AdmissionCall): void {
    const most = this.#limits.tokens;
    const deferrable = this.#deferrableTokens + tokens;
    if (priority === 'deferrable' && deferrable > most * deferrableShare) {
      throw this.#refusal(
        'QUEUE_FULL',
        `deferrable requests hold ${this.#deferrableTokens} tokens and this one adds ${tokens}; at most ` +
          `${most * deferrableShare} (half of the queue)`,
        this.#estimateMs(deferrable - most * deferrableShare),
      );
    }
    const share = this.#shares.shareOf(client, most);
    const own = this.#shares.held(client) + tokens;
    if (this.#tokens + tokens > most / 2 && own > share) {
      throw this.#refusal(
        'CLIENT_SHARE',
        `this client holds about ${own - tokens} tokens and adds ${tokens}; at most ${Math.floor(share)} while ` +
          `${this.#shares.clients} clients share a queue that is more than half full`,
        this.#estimateMs(own - share),
      );
    }
  }

  #assertInTime(candidates: number, packedTokens: number, call: AdmissionCall): void {
    if (this.#predict === undefined || call.deadlineMs === Number.POSITIVE_INFINITY) {
      return;
    }
    const ask = { candidates, packedTokens, ...call, unscheduledTokens: this.#uncountedTokens };
    const { queueMs, runMs, inTime } = this.#predict(ask);
    if (!inTime) {
      throw this.#refusal(
        'PREDICTED_LATE',
        `${candidates} candidates with about ${packedTokens} tokens would wait ${Math.round(queueMs)} ms and run ` +
          `${Math.round(runMs)} ms, and end after the deadline`,
        queueMs,
      );
    }
  }

  #refusal(reason: string, message: string, waitMs: number): RankError {
    const retryAfterMs = Math.min(Math.max(Math.ceil(waitMs), retryMs.least), retryMs.most);
    return new RankError('overloaded', message, { reason, retryAfterMs });
  }
}
