import type { Clock } from '../base/clock.ts';
import type { DeviceSlot } from '../config/config.ts';
import { assertNever, RankError } from '../base/errors.ts';
import type { ReplicaDescription } from '../domain/rank.ts';
import type { BatchOutcome, BatchRunner, PackedBatch } from '../batch/packed-batch.ts';
import type { DeviceThread, OpenThread, ThreadReply } from './threads/device-thread.ts';
import { type BackOff, type ReplicaEvent, type ReplicaState, transition } from './replica-state.ts';

/** A batch that runs before the first request, and its size. */
export interface WarmUp {
  readonly packedTokens: number;
  /** Attention-tile slots. */
  readonly slots: number;
  readonly pack: () => PackedBatch;
}

export interface ReplicaOptions {
  readonly openThread: OpenThread;
  /** They run in this order after every load. */
  readonly warmUps: readonly WarmUp[];
  readonly backOff: BackOff;
  readonly clock: Clock;
  /** Undefined while the cost of runs is unknown. */
  readonly predictMs: (batch: PackedBatch) => number | undefined;
  /** Called when the phase has changed, before runs that failed with it resolve. */
  readonly onPhase: (replica: Replica) => void;
  readonly onWarmUp: (warmUp: WarmUp, runMs: number) => void;
}

/** After this many batches in a row with a logit that is not finite, the replica is tested. */
const mostNotFinite = 3;

/**
 * A model on one device slot in one thread. When the thread is lost, it loads again after a
 * back-off.
 */
export class Replica {
  readonly slot: DeviceSlot;
  readonly #options: ReplicaOptions;
  #state: ReplicaState;
  #sinceAtMs: number;
  #batches = 0;
  #notFinite = 0;
  readonly #onThread = { batches: 0, predictedMs: 0 };
  #cancelRetry: () => void = () => undefined;

  /** Loads nothing; see `start`. */
  constructor(slot: DeviceSlot, options: ReplicaOptions) {
    this.slot = slot;
    this.#options = options;
    this.#sinceAtMs = options.clock.nowMs();
    this.#state = { phase: 'failed', reason: 'not started', failures: 0, retryAtMs: 0 };
  }

  get state(): ReplicaState {
    return this.#state;
  }

  /**
   * Loads the model, also after a failure or in quarantine. Resolves once every warm-up has run.
   *
   * @throws RankError `unavailable` when loading or a warm-up fails.
   */
  async start(): Promise<void> {
    const { phase } = this.#state;
    if (phase === 'failed' || phase === 'quarantined') {
      this.#cancelRetry();
      await this.#load();
    }
    if (this.#state.phase === 'failed' || this.#state.phase === 'quarantined') {
      throw new RankError('unavailable', `${this.slot.name} did not load: ${this.#state.reason}`);
    }
  }

  describe(): ReplicaDescription {
    const state = this.#state;
    return {
      deviceSlot: this.slot.name,
      phase: state.phase,
      batches: this.#batches,
      failures: 'failures' in state ? state.failures : 0,
      reason: 'reason' in state ? state.reason : undefined,
      running: this.#onThread.batches,
      // After additions and subtractions of fractions the sum may be slightly off 0.
      queuedMs: this.#onThread.batches === 0 ? 0 : Math.max(0, this.#onThread.predictedMs),
      sinceAtMs: this.#sinceAtMs,
    };
  }

  /** Takes no new work, finishes its batches, ends its thread. It cannot be started again. */
  async drain(): Promise<void> {
    const thread = this.#leave({ kind: 'drain' });
    await thread?.close();
    this.#apply({ kind: 'closed' });
  }

  /** Takes no new work, finishes its batches, ends its thread; `start` loads it again. */
  async quarantine(reason: string): Promise<void> {
    await this.#leave({ kind: 'quarantine', reason, retryAtMs: undefined })?.close();
  }

  /** Applies an event that takes the replica out of service. Returns the thread to close. */
  #leave(event: ReplicaEvent): DeviceThread | undefined {
    const { thread } = { thread: undefined, ...this.#state };
    this.#cancelRetry();
    this.#apply(event);
    return thread;
  }

  #apply(event: ReplicaEvent): void {
    const before = this.#state;
    this.#state = transition(before, event, this.#options.backOff);
    if (before.phase !== this.#state.phase) {
      this.#sinceAtMs = this.#options.clock.nowMs();
      this.#options.onPhase(this);
    }
  }

  async #load(): Promise<void> {
    const thread = this.#options.openThread((reason, isBarred) => {
      this.#fail(thread, reason, isBarred);
    });
    this.#notFinite = 0;
    this.#apply({ kind: 'start', thread });
    const problem = await this.#warm(thread).catch(
      (error: unknown) => RankError.from(error).message,
    );
    if (problem === undefined) {
      this.#apply({ kind: 'warmed', thread, runner: this.#createRunner(thread) });
    } else {
      this.#fail(thread, problem);
    }
  }

  /** Returns the problem, if there is one. */
  async #warm(thread: DeviceThread): Promise<string | undefined> {
    const loaded = await thread.ask({ kind: 'load' });
    if (loaded.kind !== 'loaded') {
      return problemOf(loaded);
    }
    for (const warmUp of this.#options.warmUps) {
      const ran = await thread.ask({ kind: 'run', batch: warmUp.pack() });
      if (ran.kind !== 'ran') {
        return problemOf(ran);
      }
      if (!areFinite(ran.logits)) {
        return 'its logits are not finite: the model cannot answer';
      }
      this.#options.onWarmUp(warmUp, ran.runMs);
    }
    return undefined;
  }

  #fail(thread: DeviceThread, reason: string, isBarred = false): void {
    const before = this.#state;
    const nowMs = this.#options.clock.nowMs();
    this.#apply({ kind: 'failed', thread, reason, nowMs, isBarred });
    if (this.#state !== before) {
      void thread.discard();
      this.#retryLater();
    }
  }

  #retryLater(): void {
    const { retryAtMs } = { retryAtMs: undefined, ...this.#state };
    if (retryAtMs !== undefined) {
      this.#cancelRetry = this.#options.clock.at(retryAtMs, () => void this.#load());
    }
  }

  /** Every load creates a new runner, so that a failed runner never works again. */
  #createRunner(thread: DeviceThread): BatchRunner {
    return {
      name: this.slot.name,
      run: async (batch) => {
        const predictedMs = this.#options.predictMs(batch) ?? 0;
        this.#onThread.batches += 1;
        this.#onThread.predictedMs += predictedMs;
        const reply = await thread.ask({ kind: 'run', batch });
        this.#onThread.batches -= 1;
        this.#onThread.predictedMs -= predictedMs;
        return this.#conclude(thread, reply);
      },
    };
  }

  #conclude(thread: DeviceThread, reply: ThreadReply): BatchOutcome {
    if (reply.kind === 'failed' && reply.fault === 'device') {
      this.#fail(thread, reply.message);
    }
    const outcome = toOutcome(reply);
    if (outcome.ok) {
      this.#batches += 1;
      this.#apply({ kind: 'served', thread });
      this.#watchLogits(thread, outcome.logits);
    }
    return outcome;
  }

  /**
   * Logits that are not finite come from the request or from a faulty device. After several such
   * batches in a row the replica repeats a warm-up, whose logits were finite before: if they no
   * longer are, the slot is quarantined.
   */
  #watchLogits(thread: DeviceThread, logits: Float32Array): void {
    this.#notFinite = areFinite(logits) ? 0 : this.#notFinite + 1;
    if (this.#notFinite >= mostNotFinite) {
      this.#notFinite = 0;
      void this.#testDevice(thread);
    }
  }

  async #testDevice(thread: DeviceThread): Promise<void> {
    const warmUp = this.#options.warmUps.at(-1);
    if (warmUp === undefined) {
      return;
    }
    const ran = await thread.ask({ kind: 'run', batch: warmUp.pack() });
    const isHealthy = ran.kind === 'ran' && areFinite(ran.logits);
    if (!isHealthy && this.#state.phase === 'ready' && this.#state.thread === thread) {
      const reason = `gave logits that are not finite in ${mostNotFinite} batches and a warm-up`;
      const retryAtMs = this.#options.clock.nowMs() + this.#options.backOff.quarantineMs;
      void this.#leave({ kind: 'quarantine', reason, retryAtMs })?.close();
      this.#retryLater();
    }
  }
}

function toOutcome(reply: ThreadReply): BatchOutcome {
  switch (reply.kind) {
    case 'ran':
      return { ok: true, logits: reply.logits, runMs: reply.runMs };
    case 'failed':
      return { ok: false, kind: outcomeOf[reply.fault], message: reply.message };
    case 'gone':
    case 'loaded':
    case 'unloaded':
      return { ok: false, kind: 'replica-failed', message: problemOf(reply) };
    default:
      return assertNever(reply);
  }
}

const outcomeOf = { device: 'replica-failed', memory: 'out-of-memory', batch: 'internal' } as const;

function areFinite(logits: Float32Array): boolean {
  return logits.every((logit) => Number.isFinite(logit));
}

function problemOf(reply: ThreadReply): string {
  return 'message' in reply ? reply.message : `its thread answered '${reply.kind}'`;
}
