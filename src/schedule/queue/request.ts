import { createDeferred } from '../../base/deferred.ts';
import { RankError } from '../../base/errors.ts';
import type { BatchPart, EncodedRequest } from '../../batch/packed-batch.ts';
import { findBucket } from '../buckets/bucket.ts';
import type { PriorityClass } from '../../domain/events.ts';
import type { WaitingCandidate, WaitingRequest } from '../policy/view.ts';

/** How a request is to be treated. */
export interface ScheduleCall {
  /** Absolute, in the clock's milliseconds. */
  readonly deadlineMs: number;
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
  /** At the deadline, settle with what is scored rather than fail. */
  readonly partialOk: boolean;
  /** SLMRANK_MAX_CALL_MS, when it is that which makes the deadline, and not the caller. */
  readonly maxCallMs?: number | undefined;
  /** Whom it counts for in fair share; all that say nothing are one client. */
  readonly client?: string;
  readonly priority?: PriorityClass;
}

export interface ScheduleResult {
  /** yes and no logits of each candidate, in the request's order; 0 where not scored. [N, 2] */
  readonly logits: Float32Array;
  /** 1 where scored. [N] */
  readonly scored: Uint8Array;
  readonly complete: boolean;
  /** Batches that scored some of it, and the tokens they computed for it. */
  readonly batches: number;
  readonly packedTokens: number;
  /** From the schedule call to the first batch's dispatch. */
  readonly queueMs: number;
  /** From the first dispatch to the end. */
  readonly runMs: number;
}

/** Where and when a request enters the queue. */
export interface Entry {
  readonly buckets: readonly number[];
  readonly arrivedMs: number;
  readonly dueMs: number;
  readonly orderMs: number;
  /** Whether other clients share the server. */
  readonly isShared: boolean;
}

/** Candidates of one request that are in a batch. */
export interface RequestPart extends BatchPart {
  readonly request: ScheduledRequest;
  readonly candidates: readonly WaitingCandidate[];
}

/**
 * One request in the scheduler: each candidate waits, is in exactly one batch, or is scored. Settles once; whatever
 * comes after that is ignored.
 */
export class ScheduledRequest implements WaitingRequest {
  readonly deadlineMs: number;
  readonly arrivedMs: number;
  readonly prefixTokens: number;
  readonly waiting: WaitingCandidate[];
  waitingTokens = 0;
  waitingSlots = 0;
  running = 0;
  readonly partialOk: boolean;
  readonly client: string;
  readonly priority: PriorityClass;
  /** When its turn is due by itself: at its deadline, or when it has aged. */
  readonly dueMs: number;
  /** When its turn is due beside the other clients: the queue's order, to be changed only out of the queue. */
  orderMs: number;
  readonly #isShared: boolean;
  /** The deadline, in words. */
  readonly #deadline: string;
  readonly #encoded: EncodedRequest;
  readonly #settlement = createDeferred<ScheduleResult>();
  readonly #logits: Float32Array;
  readonly #scored: Uint8Array;
  readonly #retried: Uint8Array;
  #unscored: number;
  #batches = 0;
  #packedTokens = 0;
  #firstDispatchMs: number | undefined;
  #isSettled = false;

  constructor(
    encoded: EncodedRequest,
    call: Omit<ScheduleCall, 'signal'>,
    { buckets, arrivedMs, dueMs, orderMs, isShared }: Entry,
  ) {
    const count = encoded.candidates.length;
    this.deadlineMs = call.deadlineMs;
    this.arrivedMs = arrivedMs;
    this.prefixTokens = encoded.prefix.length;
    this.#encoded = encoded;
    this.partialOk = call.partialOk;
    this.#deadline =
      call.maxCallMs === undefined
        ? 'the deadline'
        : `the ${call.maxCallMs} ms of SLMRANK_MAX_CALL_MS`;
    this.client = call.client ?? '';
    this.priority = call.priority ?? 'interactive';
    this.dueMs = dueMs;
    this.orderMs = orderMs;
    this.#isShared = isShared;
    this.#logits = new Float32Array(2 * count);
    this.#scored = new Uint8Array(count);
    this.#retried = new Uint8Array(count);
    this.#unscored = count;
    this.waiting = encoded.candidates.map(({ ids: { length } }, index) => {
      this.#countWaiting(length);
      return { index, length, bucket: findBucket(buckets, length) };
    });
    this.waiting.sort(byBucket);
  }

  get standsBack(): boolean {
    return this.#isShared && this.orderMs > this.dueMs;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** @throws RankError, always. */
  get settled(): Promise<ScheduleResult> {
    return this.#settlement.promise;
  }

  /** Moves the first `count` waiting candidates into a batch. */
  take(count: number, nowMs: number): RequestPart {
    const candidates = this.waiting.splice(0, count);
    for (const { length } of candidates) {
      this.#countWaiting(-length);
    }
    this.running += candidates.length;
    this.#firstDispatchMs ??= nowMs;
    const { prefix, candidates: encoded } = this.#encoded;
    const suffixes = candidates.map(({ index }) => encoded[index]?.ids ?? new Int32Array());
    return { request: this, prefix, suffixes, candidates };
  }

  /** Takes over a part's logits; settles when it was the last, or when one of them is not a number. */
  score(part: RequestPart, logits: Float32Array, nowMs: number): void {
    this.running -= part.candidates.length;
    part.candidates.forEach(({ index, length }, place) => {
      const yes = logits[2 * place] ?? Number.NaN;
      const no = logits[2 * place + 1] ?? Number.NaN;
      if (!Number.isFinite(yes) || !Number.isFinite(no)) {
        this.fail(new RankError('internal', notFinite(index, yes, no)));
      }
      this.#logits.set([yes, no], 2 * index);
      this.#scored[index] = 1;
      this.#packedTokens += length;
    });
    this.#unscored -= part.candidates.length;
    this.#packedTokens += this.prefixTokens;
    this.#batches += 1;
    if (this.#unscored === 0) {
      this.#finish(nowMs);
    }
  }

  /** Lets a part of a failed batch wait again; fails the request when any of it failed before. */
  retry(part: RequestPart, message: string): void {
    if (part.candidates.some(({ index }) => this.#retried[index] === 1)) {
      this.fail(new RankError('replica-failed', `two replicas failed in turn: ${message}`));
      return;
    }
    this.running -= part.candidates.length;
    for (const candidate of part.candidates) {
      this.#retried[candidate.index] = 1;
      this.#countWaiting(candidate.length);
      this.waiting.push(candidate);
    }
    this.waiting.sort(byBucket);
  }

  /** The deadline has passed. */
  expire(nowMs: number): void {
    if (this.partialOk) {
      this.#finish(nowMs);
      return;
    }
    const all = this.#scored.length;
    const waitedMs = Math.round(nowMs - this.arrivedMs);
    const scored = `with ${all - this.#unscored} of ${all} candidates scored`;
    this.fail(
      nowMs >= this.deadlineMs
        ? new RankError(
            'deadline-exceeded',
            `${this.#deadline} passed ${waitedMs} ms after encoding ${scored}`,
          )
        : new RankError(
            'deadline-exceeded',
            `${waitedMs} ms after encoding, ${scored}, the rest could no longer end before ${this.#deadline}`,
            { reason: 'DROPPED_LATE' },
          ),
    );
  }

  fail(error: RankError): void {
    if (!this.#isSettled) {
      this.#isSettled = true;
      this.#settlement.reject(error);
    }
  }

  /** `length` below zero when a candidate no longer waits. */
  #countWaiting(length: number): void {
    this.waitingTokens += length;
    this.waitingSlots += length * (this.prefixTokens + Math.abs(length));
  }

  #finish(nowMs: number): void {
    if (this.#isSettled) {
      return;
    }
    this.#isSettled = true;
    const dispatchedMs = this.#firstDispatchMs ?? nowMs;
    this.#settlement.resolve({
      logits: this.#logits,
      scored: this.#scored,
      complete: this.#unscored === 0,
      batches: this.#batches,
      packedTokens: this.#packedTokens,
      queueMs: dispatchedMs - this.arrivedMs,
      runMs: nowMs - dispatchedMs,
    });
  }
}

function byBucket(a: WaitingCandidate, b: WaitingCandidate): number {
  return a.bucket - b.bucket || a.index - b.index;
}

function notFinite(index: number, yes: number, no: number): string {
  return `candidates[${index}] got the logits yes ${yes}, no ${no}; both must be finite`;
}
