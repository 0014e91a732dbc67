import type { Clock } from '../clock.ts';
import type { DeviceSlot } from '../config.ts';
import { assertNever, RankError } from '../errors.ts';
import type { ReplicaDescription } from '../rank.ts';
import type { BatchOutcome, BatchRunner, PackedBatch } from '../schedule/batch.ts';
import type { DeviceThread, OpenThread, ThreadReply } from './device-thread.ts';
import { type BackOff, type ReplicaEvent, type ReplicaState, transition } from './replica-state.ts';

/** A batch to run before the first request's, and what it holds. */
export interface WarmUp {
  readonly packedTokens: number;
  readonly pack: () => PackedBatch;
}

export interface ReplicaOptions {
  readonly openThread: OpenThread;
  /** Run in this order after every load. */
  readonly warmUps: readonly WarmUp[];
  readonly backOff: BackOff;
  readonly clock: Clock;
  /** The phase has changed; called before the outcomes of runs that ended with it. */
  readonly onPhase: (replica: Replica) => void;
  readonly onWarmUp: (packedTokens: number, runMs: number) => void;
}

/** A loaded model on one device slot in one thread, loaded again with back-off when the thread is lost. */
export class Replica {
  readonly slot: DeviceSlot;
  readonly #options: ReplicaOptions;
  #state: ReplicaState;
  #batches = 0;
  #cancelRetry: () => void = () => undefined;

  /** Nothing is loaded before `start`. */
  constructor(slot: DeviceSlot, options: ReplicaOptions) {
    this.slot = slot;
    this.#options = options;
    this.#state = { phase: 'failed', reason: 'not started', failures: 0, retryAtMs: 0 };
  }

  get state(): ReplicaState {
    return this.#state;
  }

  /** Resolves once every warm-up has run. @throws RankError `unavailable` when this first load fails. */
  async start(): Promise<void> {
    await this.#load();
    if (this.#state.phase === 'failed') {
      throw new RankError('unavailable', `${this.slot.name} did not load: ${this.#state.reason}`);
    }
  }

  describe(): ReplicaDescription {
    const { phase } = this.#state;
    return { deviceSlot: this.slot.name, phase, batches: this.#batches };
  }

  /** Takes no new work, finishes what it holds, ends its thread. */
  async drain(): Promise<void> {
    this.#cancelRetry();
    this.#apply({ kind: 'drain' });
    if (this.#state.phase === 'draining') {
      await this.#state.thread?.close();
    }
  }

  #apply(event: ReplicaEvent): void {
    const before = this.#state;
    this.#state = transition(before, event, this.#options.backOff);
    if (before.phase !== this.#state.phase) {
      this.#options.onPhase(this);
    }
  }

  async #load(): Promise<void> {
    const thread = this.#options.openThread((reason) => this.#fail(thread, reason));
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

  /** What went wrong, if anything did. */
  async #warm(thread: DeviceThread): Promise<string | undefined> {
    const loaded = await thread.ask({ kind: 'load' });
    if (loaded.kind !== 'loaded') {
      return problemOf(loaded);
    }
    for (const { packedTokens, pack } of this.#options.warmUps) {
      const ran = await thread.ask({ kind: 'run', batch: pack() });
      if (ran.kind !== 'ran') {
        return problemOf(ran);
      }
      this.#options.onWarmUp(packedTokens, ran.runMs);
    }
    return undefined;
  }

  #fail(thread: DeviceThread, reason: string): void {
    const before = this.#state;
    this.#apply({ kind: 'failed', thread, reason, nowMs: this.#options.clock.nowMs() });
    if (this.#state === before || this.#state.phase !== 'failed') {
      return;
    }
    void thread.discard();
    if (this.#state.retryAtMs !== undefined) {
      this.#cancelRetry = this.#options.clock.at(this.#state.retryAtMs, () => void this.#load());
    }
  }

  /** A new one for every load, so that a runner's failure is final. */
  #createRunner(thread: DeviceThread): BatchRunner {
    return {
      name: this.slot.name,
      run: async (batch) => {
        const outcome = toOutcome(await thread.ask({ kind: 'run', batch }));
        if (outcome.ok) {
          this.#batches += 1;
          this.#apply({ kind: 'served', thread });
        }
        return outcome;
      },
    };
  }
}

function toOutcome(reply: ThreadReply): BatchOutcome {
  switch (reply.kind) {
    case 'ran':
      return { ok: true, logits: reply.logits, runMs: reply.runMs };
    case 'failed':
      return { ok: false, kind: 'internal', message: reply.message };
    case 'gone':
    case 'loaded':
    case 'unloaded':
      return { ok: false, kind: 'replica-failed', message: problemOf(reply) };
    default:
      return assertNever(reply);
  }
}

function problemOf(reply: ThreadReply): string {
  return 'message' in reply ? reply.message : `its thread answered '${reply.kind}'`;
}
