import type { Clock } from '../clock.ts';
import { assertNever, RankError } from '../errors.ts';
import type { BatchOutcome, BatchPart, BatchRunner, EncodedRequest, PackedBatch } from './batch.ts';
import type { CostModel } from './cost.ts';
import { packedTokens } from './pack-batch.ts';
import type { Pick as BatchPick, Policy, ReplicaLoad } from './policy.ts';
import { DeadlineQueue } from './queue.ts';
import {
  type RequestPart,
  type ScheduleCall,
  ScheduledRequest,
  type ScheduleResult,
} from './request.ts';

export interface SchedulerOptions {
  readonly policy: Policy;
  readonly pack: (parts: readonly BatchPart[]) => PackedBatch;
  readonly cost: CostModel;
  /** Padded lengths, ascending. */
  readonly buckets: readonly number[];
  readonly clock: Clock;
}

/** A ready replica and the batches it holds. */
interface Replica extends ReplicaLoad {
  readonly runner: BatchRunner;
  batches: number;
  packedTokens: number;
}

/**
 * The loop around the policy: asks it what to do, does it, and asks again when something arrives, finishes, or falls
 * due. Knows no gRPC and no threads. Every scheduled request settles exactly once.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #queue = new DeadlineQueue<ScheduledRequest>();
  #replicas: readonly Replica[] = [];
  /** False when no replica is ready and none is coming. */
  #hasHope = true;
  #cancelTimer: () => void = () => undefined;

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  /** Scores every candidate. @throws RankError, always. */
  async schedule(encoded: EncodedRequest, call: ScheduleCall): Promise<ScheduleResult> {
    if (call.signal.aborted) {
      throw callerGone();
    }
    if (!this.#hasHope) {
      throw noReplica();
    }
    const { buckets, clock } = this.#options;
    const request = new ScheduledRequest(encoded, call, { buckets, arrivedMs: clock.nowMs() });
    const onAbort = () => {
      this.#change(request, () => request.fail(callerGone()));
      this.#advance();
    };
    call.signal.addEventListener('abort', onAbort, { once: true });
    this.#queue.add(request);
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
    this.#replicas = runners.map(
      (runner) => known.get(runner) ?? { runner, batches: 0, packedTokens: 0 },
    );
    this.#hasHope = runners.length + coming > 0;
    if (!this.#hasHope) {
      for (const request of [...this.#queue.items]) {
        this.#change(request, () => request.fail(noReplica()));
      }
    }
    this.#advance();
  }

  /** Milliseconds that the ready replicas together need for so many packed tokens. */
  estimateMs(packedTokens: number): number {
    return this.#options.cost.estimateMs({ packedTokens }) / Math.max(1, this.#replicas.length);
  }

  #advance(): void {
    this.#cancelTimer();
    for (;;) {
      const nowMs = this.#options.clock.nowMs();
      const view = { requests: this.#queue.items, replicas: this.#replicas };
      const decision = this.#options.policy(view, nowMs);
      switch (decision.kind) {
        case 'expire':
          this.#change(decision.request, () => decision.request.expire(nowMs));
          break;
        case 'dispatch':
          this.#dispatch(decision.replica, decision.picks, nowMs);
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

  #dispatch(replica: Replica, picks: readonly BatchPick<ScheduledRequest>[], nowMs: number): void {
    const parts = picks.map(({ request, count }) => request.take(count, nowMs));
    const tokens = packedTokens(parts);
    replica.batches += 1;
    replica.packedTokens += tokens;
    void this.#run(replica.runner, parts).then((outcome) => {
      replica.batches -= 1;
      replica.packedTokens -= tokens;
      this.#conclude(replica, parts, outcome);
      if (outcome.ok) {
        const { name } = replica.runner;
        this.#options.cost.observe({ replica: name, packedTokens: tokens, runMs: outcome.runMs });
      }
      this.#advance();
    });
  }

  /** Resolves always. */
  async #run(runner: BatchRunner, parts: readonly RequestPart[]): Promise<BatchOutcome> {
    try {
      return await runner.run(this.#options.pack(parts));
    } catch (error) {
      return { ok: false, kind: 'internal', message: RankError.from(error).message };
    }
  }

  #conclude(replica: Replica, parts: readonly RequestPart[], outcome: BatchOutcome): void {
    if (!outcome.ok && outcome.kind === 'replica-failed') {
      this.#replicas = this.#replicas.filter((one) => one !== replica);
    }
    const nowMs = this.#options.clock.nowMs();
    let place = 0;
    for (const part of parts) {
      const start = place;
      place += 2 * part.candidates.length;
      if (!part.request.isSettled) {
        this.#change(part.request, () => concludePart(part, outcome, start, nowMs));
      }
    }
  }

  /** Whatever may settle a request goes through here: a settled one leaves the queue in the same turn. */
  #change(request: ScheduledRequest, change: () => void): void {
    change();
    if (request.isSettled) {
      this.#queue.remove(request);
    }
  }
}

/** `start` is where the part's logits begin in the batch's. */
function concludePart(
  part: RequestPart,
  outcome: BatchOutcome,
  start: number,
  nowMs: number,
): void {
  if (outcome.ok) {
    const end = start + 2 * part.candidates.length;
    part.request.score(part, outcome.logits.subarray(start, end), nowMs);
  } else if (outcome.kind === 'replica-failed') {
    part.request.retry(part, outcome.message);
  } else {
    part.request.fail(new RankError('internal', outcome.message));
  }
}

function callerGone(): RankError {
  return new RankError('cancelled', 'the caller has gone');
}

function noReplica(): RankError {
  return new RankError('unavailable', 'no replica is left: every device slot has failed');
}
