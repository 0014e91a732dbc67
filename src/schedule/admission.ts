import { RankError } from '../errors.ts';

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

/** Longest and shortest a client is told to stay away. */
const retryMs = { least: 10, most: 30_000 };

/**
 * Bounds the queue before any work is done: a request is let in at once or refused at once. A request that meets an
 * empty queue is always let in, since its own size is bounded elsewhere and waiting would not help it.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #estimateMs: (tokens: number) => number;
  #candidates = 0;
  #tokens = 0;
  #permits = 0;
  readonly #onEmpty: (() => void)[] = [];

  /** `estimateMs` says how long the server needs for so many packed tokens. */
  constructor(limits: AdmissionLimits, estimateMs: (tokens: number) => number) {
    this.#limits = limits;
    this.#estimateMs = estimateMs;
  }

  /** What is admitted and not yet released. */
  get held(): AdmissionLimits {
    return { candidates: this.#candidates, tokens: this.#tokens };
  }

  /** Resolves once every permit is back. */
  async whenEmpty(): Promise<void> {
    if (this.#permits > 0) {
      await new Promise<void>((resolve) => this.#onEmpty.push(resolve));
    }
  }

  /** @throws RankError `overloaded`, reason QUEUE_FULL, with the time after which there should be room. */
  admit(candidates: number, tokens: number): Permit {
    const overCandidates = this.#candidates + candidates - this.#limits.candidates;
    const overTokens = this.#tokens + tokens - this.#limits.tokens;
    if (this.#permits > 0 && (overCandidates > 0 || overTokens > 0)) {
      throw this.#refusal(candidates, tokens, Math.max(overTokens, this.#inTokens(overCandidates)));
    }
    this.#permits += 1;
    this.#candidates += candidates;
    this.#tokens += tokens;
    return this.#permit(candidates, tokens);
  }

  #permit(candidates: number, estimate: number): Permit {
    let tokens = estimate;
    let held = true;
    return {
      correct: (counted) => {
        if (held) {
          this.#tokens += counted - tokens;
          tokens = counted;
        }
      },
      release: () => {
        if (held) {
          held = false;
          this.#giveBack(candidates, tokens);
        }
      },
    };
  }

  #giveBack(candidates: number, tokens: number): void {
    this.#permits -= 1;
    this.#candidates -= candidates;
    this.#tokens -= tokens;
    if (this.#permits === 0) {
      this.#onEmpty.splice(0).forEach((resolve) => resolve());
    }
  }

  #inTokens(candidates: number): number {
    return (candidates * this.#tokens) / Math.max(1, this.#candidates);
  }

  #refusal(candidates: number, tokens: number, overTokens: number): RankError {
    const waitMs = Math.ceil(this.#estimateMs(overTokens));
    return new RankError(
      'overloaded',
      `the queue holds ${this.#candidates} candidates and about ${this.#tokens} tokens, this request adds ` +
        `${candidates} and ${tokens}; at most ${this.#limits.candidates} and ${this.#limits.tokens}`,
      {
        reason: 'QUEUE_FULL',
        retryAfterMs: Math.min(Math.max(waitMs, retryMs.least), retryMs.most),
      },
    );
  }
}
