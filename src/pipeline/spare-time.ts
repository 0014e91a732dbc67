import { at } from '../base/at.ts';
import type { Clock } from '../base/clock.ts';
import { RankError } from '../base/errors.ts';
import type { EncodedRequest } from '../batch/packed-batch.ts';
import type { Call } from '../domain/call.ts';
import type { Admission } from '../schedule/admission.ts';
import { hasSpareTime } from '../schedule/policy/spare.ts';
import type { Scheduler } from '../schedule/scheduler.ts';

export interface SpareParts {
  readonly admission: Pick<Admission, 'follow' | 'held'>;
  readonly scheduler: Pick<Scheduler, 'schedule' | 'pace'>;
  readonly clock: Clock;
}

/** The client name of the server's own work. */
const ownName = 'slmrank items';

/** Runs work of the server's own on a model's replicas while no request needs them. */
export class SpareTime {
  readonly #parts: SpareParts;
  readonly #end = new AbortController();

  constructor(parts: SpareParts) {
    this.#parts = parts;
  }

  /** Whether no request waits, is encoded, or runs. */
  isIdle(): boolean {
    return this.#parts.admission.held.candidates === 0;
  }

  /** See `hasSpareTime`. */
  has(): boolean {
    const { admission, scheduler, clock } = this.#parts;
    return hasSpareTime({
      admittedCandidates: admission.held.candidates,
      sinceArrivalMs: scheduler.pace.sinceMs(clock.nowMs()),
      meanGapMs: scheduler.pace.meanGapMs,
    });
  }

  /**
   * Scores rows that no caller waits for. Every request runs before them, and they do not count
   * towards the limits of the queue: the caller must bound them.
   *
   * @returns margins logit(yes) - logit(no) of each request's candidates; throws a RankError,
   *   `cancelled` when the signal aborts and `unavailable` once the model drains.
   */
  async score(
    requests: readonly EncodedRequest[],
    signal: AbortSignal,
  ): Promise<readonly Float64Array[]> {
    this.#assertOpen();
    const own = new AbortController();
    const abort = () => own.abort();
    const signals = [signal, this.#end.signal];
    signals.forEach((each) => each.addEventListener('abort', abort, { once: true }));
    try {
      return await this.#run(requests, signal.aborted ? signal : own.signal);
    } catch (error) {
      this.#assertOpen();
      throw error;
    } finally {
      own.abort();
      signals.forEach((each) => each.removeEventListener('abort', abort));
    }
  }

  /** Drops all rows that are not in a batch yet. */
  end(): void {
    this.#end.abort();
  }

  async #run(requests: readonly EncodedRequest[], signal: AbortSignal) {
    const { admission, scheduler } = this.#parts;
    const call: Call = {
      client: ownName,
      priority: 'deferrable',
      deadlineAtMs: Number.POSITIVE_INFINITY,
      signal,
      partialOk: false,
      isSpareWork: true,
    };
    // It does not count towards the queue's limits, but a drain waits for it.
    const permit = admission.follow(call);
    try {
      const runs = await Promise.all(requests.map((request) => scheduler.schedule(request, call)));
      return runs.map(({ logits, scored }) =>
        Float64Array.from(scored, (_, row) => at(logits, 2 * row) - at(logits, 2 * row + 1)),
      );
    } finally {
      permit.release();
    }
  }

  #assertOpen(): void {
    if (this.#end.signal.aborted) {
      throw new RankError('unavailable', 'the model is draining');
    }
  }
}
