import type { Metadata } from '@grpc/grpc-js';
import type { Clock } from '../base/clock.ts';
import { RankError } from '../base/errors.ts';
import type { Tell } from '../domain/events.ts';
import type { Log } from '../observe/log.ts';
import type { CallContext } from '../domain/rank.ts';
import { callerOf } from './caller.ts';
import { type CallTimes, timesOf } from './deadline.ts';
import { endedEvent, RankNotes } from './ended-event.ts';
import { presentError } from '../base/errors.ts';

export type Outcome<Reply> =
  | { readonly ok: true; readonly reply: Reply }
  | { readonly ok: false; readonly error: RankError };

export interface PendingAnswerParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly maxCallMs: number;
  /** The status of an answer as its protocol names it, for the log. */
  readonly describeEnd: (outcome: Outcome<unknown>) => string;
  /** Told how each ranking request ended. */
  readonly tell?: Tell | undefined;
}

/** What the work of a method is given. */
export interface ServerCall extends CallContext {
  readonly notes: RankNotes;
}

interface Question<Reply> {
  readonly method: string;
  readonly requestId: string;
  /** As the library gives it. */
  readonly deadline: Date | number;
  /** The request's own, if it has one. */
  readonly timeoutMs?: number | undefined;
  readonly metadata: Metadata;
  /** Called once at most: never when the caller has gone. */
  readonly deliver: (outcome: Outcome<Reply>) => void;
}

/**
 * A request from its arrival to its one answer: the work's reply or error, the deadline's, or one from outside. What
 * comes after the first is ignored, and the work is told to stop.
 */
export class PendingAnswer<Reply> {
  readonly notes = new RankNotes();
  readonly #question: Question<Reply>;
  readonly #parts: PendingAnswerParts;
  readonly #times: CallTimes;
  readonly #caller: Pick<CallContext, 'client' | 'traceparent'>;
  readonly #stop = new AbortController();
  readonly #callOffDeadline: () => void;
  #isSettled = false;

  constructor(question: Question<Reply>, parts: PendingAnswerParts) {
    this.#question = question;
    this.#parts = parts;
    this.#times = timesOf(question.deadline, { ...parts, timeoutMs: question.timeoutMs });
    this.#caller = callerOf(question.metadata);
    this.#callOffDeadline = parts.clock.at(this.#times.giveUpMs, () =>
      this.fail(this.#deadlinePassed()),
    );
  }

  run(work: (call: ServerCall) => Reply | Promise<Reply>): void {
    const { deadlineMs, isCapped } = this.#times;
    const { notes } = this;
    const call = { ...this.#caller, deadlineMs, isCapped, signal: this.#stop.signal, notes };
    void attempt(() => work(call)).then(
      (reply) => this.#settle({ ok: true, reply }),
      (thrown: unknown) => this.fail(thrown),
    );
  }

  /** Answers with an error, unless there was an answer. */
  fail(thrown: unknown): void {
    this.#settle({ ok: false, error: presentError(thrown) });
    this.#stop.abort();
  }

  /** The caller has gone: nobody is left to answer. Does nothing after an answer. */
  abandon(): void {
    if (!this.#isSettled) {
      this.#isSettled = true;
      this.#callOffDeadline();
      const error = this.#isLate() ? this.#deadlinePassed() : new RankError('cancelled', 'gone');
      this.#log({ ok: false, error });
      this.#tell(error);
      this.#stop.abort();
    }
  }

  #settle(outcome: Outcome<Reply>): void {
    if (this.#isSettled) {
      return;
    }
    this.#isSettled = true;
    this.#callOffDeadline();
    this.#log(outcome);
    let error = outcome.ok ? undefined : outcome.error;
    try {
      this.#question.deliver(outcome);
    } catch (thrown) {
      error = presentError(thrown);
      this.#log({ ok: false, error });
      this.#question.deliver({ ok: false, error });
    }
    this.#tell(error);
  }

  #tell(error: RankError | undefined): void {
    const { clock, tell } = this.#parts;
    const { method, requestId } = this.#question;
    const { startMs: startedMs, giveUpMs: dueMs } = this.#times;
    const event = endedEvent(this.notes, {
      ...{ method, requestId, error, startedMs, dueMs },
      caller: this.#caller,
      endedMs: clock.nowMs(),
    });
    if (event !== undefined) {
      tell?.(event);
    }
  }

  /**
   * A caller's own clock started earlier than ours, by the way to us: who goes when the answer could no longer have come
   * in time has given up.
   */
  #isLate(): boolean {
    return this.#parts.clock.nowMs() >= this.#times.deadlineMs;
  }

  #deadlinePassed(): RankError {
    const what = this.#times.isCapped
      ? `the ${this.#parts.maxCallMs} ms of SLMRANK_MAX_CALL_MS`
      : 'the deadline';
    return new RankError('deadline-exceeded', `${what} passed before the answer was ready`);
  }

  /** One line for each answer, without texts; faults of ours with their cause. */
  #log(outcome: Outcome<Reply>): void {
    const { method, requestId } = this.#question;
    const ms = Math.round((this.#parts.clock.nowMs() - this.#times.startMs) * 10) / 10;
    const line = { method, requestId, status: this.#parts.describeEnd(outcome), ms };
    if (!outcome.ok && outcome.error.kind === 'internal') {
      const { error } = outcome;
      this.#parts.log.error({ ...line, err: error.cause ?? error }, 'request failed');
    } else {
      this.#parts.log.debug(line, 'request ended');
    }
  }
}

/** Turns a throw into a rejection. */
async function attempt<T>(work: () => T | Promise<T>): Promise<T> {
  return await work();
}
