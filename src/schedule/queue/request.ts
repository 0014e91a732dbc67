import { at } from '../../base/at.ts';
import { createDeferred } from '../../base/deferred.ts';
import { RankError } from '../../base/errors.ts';
import { type BatchPart, type EncodedRequest, segmentsOf } from '../../batch/packed-batch.ts';
import { type Segment, segmentCost, segmentLength, storedRows } from '../../batch/segment.ts';
import { segmentSlots } from '../../batch/slots.ts';
import type { Call } from '../../domain/call.ts';
import type { PriorityClass } from '../../domain/events.ts';
import { findBucket } from '../buckets/bucket-tuning.ts';
import type { WaitingCandidate, WaitingRequest } from '../policy/view.ts';

export interface ScheduleResult {
  /** The yes and no logits of each candidate, in the request's order; 0 where not scored. [N, 2] */
  readonly logits: Float32Array;
  /** 1 where scored. [N] */
  readonly scored: Uint8Array;
  readonly complete: boolean;
  /** Batches that scored a part of it, and the tokens they computed for it. */
  readonly batches: number;
  readonly packedTokens: number;
  /** From the schedule call to the first batch's dispatch. */
  readonly queueMs: number;
  /** From the first dispatch to the end. */
  readonly runMs: number;
}

/** Where a request belongs in the queue. */
export interface QueuePosition {
  /** See `computeDueAtMs`. */
  readonly dueAtMs: number;
  /** See `computeFairDueAtMs`. */
  readonly fairDueAtMs: number;
  /** Whether other clients share the server. */
  readonly isShared: boolean;
}

/** Candidates of one request that are in a batch. */
export interface RequestPart extends BatchPart {
  readonly request: ScheduledRequest;
  readonly candidates: readonly WaitingCandidate[];
}

/**
 * One request in the scheduler. Each candidate waits, is in exactly one batch, or is scored. The
 * request settles once and ignores everything after that.
 */
export class ScheduledRequest implements WaitingRequest {
  readonly deadlineAtMs: number;
  readonly arrivedAtMs: number;
  readonly prefixTokens: number;
  readonly waiting: WaitingCandidate[];
  waitingTokens = 0;
  waitingSlots = 0;
  running = 0;
  readonly partialOk: boolean;
  readonly client: string;
  readonly priority: PriorityClass;
  readonly isSpareWork: boolean;
  readonly dueAtMs: number;
  /** The queue is sorted by it: change it only while the request is not in the queue. */
  fairDueAtMs: number;
  readonly #isShared: boolean;
  /** What ends the request, for messages. */
  readonly #deadline: string;
  readonly #prefix: Segment;
  readonly #suffixes: readonly Segment[];
  readonly #settlement = createDeferred<ScheduleResult>();
  readonly #logits: Float32Array;
  readonly #scored: Uint8Array;
  readonly #retried: Uint8Array;
  #unscored: number;
  #batches = 0;
  #packedTokens = 0;
  #firstDispatchAtMs: number | undefined;
  #isSettled = false;

  constructor(
    encoded: EncodedRequest,
    call: Call,
    buckets: readonly number[],
    position: QueuePosition & { readonly arrivedAtMs: number },
  ) {
    const count = encoded.candidates.length;
    this.deadlineAtMs = call.deadlineAtMs;
    this.partialOk = call.partialOk;
    this.client = call.client;
    this.priority = call.priority;
    this.isSpareWork = call.isSpareWork === true;
    this.#deadline =
      call.maxCallMs === undefined
        ? 'the deadline'
        : `the ${call.maxCallMs} ms of SLMRANK_MAX_CALL_MS`;
    this.arrivedAtMs = position.arrivedAtMs;
    this.dueAtMs = position.dueAtMs;
    this.fairDueAtMs = position.fairDueAtMs;
    this.#isShared = position.isShared;
    const { prefix, suffixes } = segmentsOf(encoded);
    this.#prefix = prefix;
    this.prefixTokens = segmentCost(prefix);
    this.#suffixes = suffixes;
    this.#logits = new Float32Array(2 * count);
    this.#scored = new Uint8Array(count);
    this.#retried = new Uint8Array(count);
    this.#unscored = count;
    this.waiting = this.#suffixes.map((suffix, index) => {
      const length = segmentCost(suffix);
      return { index, length, bucket: findBucket(buckets, length) };
    });
    this.waiting.sort(byBucket);
    this.#countWaiting(this.waiting, 1);
  }

  get isOverShare(): boolean {
    return this.#isShared && this.fairDueAtMs > this.dueAtMs;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** @throws RankError, and nothing else. */
  get settled(): Promise<ScheduleResult> {
    return this.#settlement.promise;
  }

  /** Moves the first `count` waiting candidates into a batch. */
  take(count: number, nowMs: number): RequestPart {
    const candidates = this.waiting.splice(0, count);
    this.#countWaiting(candidates, -1);
    this.running += candidates.length;
    this.#firstDispatchAtMs ??= nowMs;
    const suffixes = candidates.map(({ index }) => at(this.#suffixes, index));
    return { request: this, prefix: this.#prefix, suffixes, candidates };
  }

  /** Stores a part's logits. Settles if it was the last part, or if a logit is not finite. */
  score(part: RequestPart, logits: Float32Array, nowMs: number): void {
    this.running -= part.candidates.length;
    part.candidates.forEach(({ index, length }, place) => {
      // A graph that returns too few logits must fail the request, not the scheduler.
      const [yes = Number.NaN, no = Number.NaN] = logits.subarray(2 * place, 2 * place + 2);
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

  /** Returns a failed batch's part to the queue, or fails if a candidate has failed before. */
  retry(part: RequestPart, message: string): void {
    if (part.candidates.some(({ index }) => this.#retried[index] === 1)) {
      this.fail(new RankError('replica-failed', `two replicas failed in turn: ${message}`));
      return;
    }
    this.running -= part.candidates.length;
    for (const { index } of part.candidates) {
      this.#retried[index] = 1;
    }
    this.waiting.push(...part.candidates);
    this.waiting.sort(byBucket);
    this.#countWaiting(part.candidates, 1);
  }

  /** Ends the request at its deadline, or once the deadline can no longer be met. */
  expire(nowMs: number): void {
    if (this.partialOk) {
      this.#finish(nowMs);
      return;
    }
    const all = this.#scored.length;
    const waitedMs = Math.round(nowMs - this.arrivedAtMs);
    const scored = `with ${all - this.#unscored} of ${all} candidates scored`;
    this.fail(
      nowMs >= this.deadlineAtMs
        ? new RankError(
            'deadline-exceeded',
            `${this.#deadline} passed ${waitedMs} ms after encoding ${scored}`,
          )
        : new RankError(
            'deadline-exceeded',
            `${waitedMs} ms after encoding, ${scored}, ` +
              `the rest could no longer end before ${this.#deadline}`,
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

  /** Adds candidates to the waiting totals (`sign` 1) or removes them (-1). */
  #countWaiting(candidates: readonly WaitingCandidate[], sign: 1 | -1): void {
    const before = segmentLength(this.#prefix);
    for (const { index, length } of candidates) {
      const segment = at(this.#suffixes, index);
      this.waitingTokens += sign * length;
      const tokensBefore = before + storedRows(segment).length;
      this.waitingSlots += sign * segmentSlots(tokensBefore, segment.ids.length);
    }
  }

  #finish(nowMs: number): void {
    if (this.#isSettled) {
      return;
    }
    this.#isSettled = true;
    const dispatchedAtMs = this.#firstDispatchAtMs ?? nowMs;
    this.#settlement.resolve({
      logits: this.#logits,
      scored: this.#scored,
      complete: this.#unscored === 0,
      batches: this.#batches,
      packedTokens: this.#packedTokens,
      queueMs: dispatchedAtMs - this.arrivedAtMs,
      runMs: nowMs - dispatchedAtMs,
    });
  }
}

function byBucket(a: WaitingCandidate, b: WaitingCandidate): number {
  return a.bucket - b.bucket || a.index - b.index;
}

function notFinite(index: number, yes: number, no: number): string {
  return `candidates[${index}] got the logits yes ${yes}, no ${no}; both must be finite`;
}
