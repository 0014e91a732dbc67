import type { Clock } from '../base/clock.ts';
import { presentError, RankError } from '../base/errors.ts';
import type { Tell } from '../domain/events.ts';
import type { CallContext } from '../domain/rank.ts';
import type { Log } from '../observe/log.ts';
import type { Caller } from './caller.ts';
import { type CallTimes, callTimes } from './deadline.ts';
import { endedEvent, RankNotes } from './ended-event.ts';

export type Outcome<Reply> =
  | { readonly ok: true; readonly reply: Reply }
  | { readonly ok: false; readonly error: RankError };

export interface AnswerParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly maxCallMs: number;
  /** The protocol's name for an answer's status, for the log. */
  readonly describeEnd: (outcome: Outcome<unknown>) => string;
  /** Receives an event for each ranking request that ends. */
  readonly tell?: Tell | undefined;
}

/** The call as given to the work that answers it. */
export interface DeskCall extends CallContext {
  readonly notes: RankNotes;
  /** See `Caller`. */
  readonly pin?: string | undefined;
}

interface Question<Reply> {
  readonly method: string;
  readonly requestId: string;
  readonly caller: Caller;
  /** The client's own limit, counted from now; Infinity when it has none. */
  readonly timeLeftMs: number;
  /** Sends the answer. Called at most once, and never after the client has disconnected. */
  readonly deliver: (outcome: Outcome<Reply>) => void;
}

/**
 * A request from its arrival to its one answer: the reply or error of its work, an error from
 * outside, or DEADLINE_EXCEEDED. The first one counts; later ones are ignored, and an error also
 * aborts the work.
 */
export class PendingAnswer<Reply> {
  readonly notes = new RankNotes();
  readonly #question: Question<Reply>;
  readonly #parts: AnswerParts;
  readonly #times: CallTimes;
  readonly #abort = new AbortController();
  readonly #cancelTimer: () => void;
  #isSettled = false;

  constructor(question: Question<Reply>, parts: AnswerParts) {
    this.#question = question;
    this.#parts = parts;
    this.#times = callTimes(question.timeLeftMs, parts);
    this.#cancelTimer = parts.clock.at(this.#times.giveUpAtMs, () =>
      this.fail(this.#deadlinePassed()),
    );
  }

  run(work: (call: DeskCall) => Reply | Promise<Reply>): void {
    const { client, traceparent, pin } = this.#question.caller;
    const call: DeskCall = {
      client,
      traceparent,
      pin,
      deadlineAtMs: this.#times.deadlineAtMs,
      isCapped: this.#times.isCapped,
      signal: this.#abort.signal,
      notes: this.notes,
    };
    void attempt(() => work(call)).then(
      (reply) => this.#settle({ ok: true, reply }),
      (thrown: unknown) => this.fail(thrown),
    );
  }

  /** Answers with an error, unless the call has been answered. */
  fail(thrown: unknown): void {
    this.#settle({ ok: false, error: presentError(thrown) });
    this.#abort.abort();
  }

  /** The client has disconnected, so there is no answer. Does nothing after an answer. */
  abandon(): void {
    if (!this.#isSettled) {
      this.#isSettled = true;
      this.#cancelTimer();
      const error = this.#isLate() ? this.#deadlinePassed() : new RankError('cancelled', 'gone');
      this.#log({ ok: false, error });
      this.#tell(error);
      this.#abort.abort();
    }
  }

  #settle(outcome: Outcome<Reply>): void {
    if (this.#isSettled) {
      return;
    }
    this.#isSettled = true;
    this.#cancelTimer();
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
    const { method, requestId, caller } = this.#question;
    const event = endedEvent(this.notes, {
      method,
      requestId,
      caller,
      error,
      startedAtMs: this.#times.startedAtMs,
      endedAtMs: clock.nowMs(),
      dueAtMs: this.#times.giveUpAtMs,
    });
    if (event !== undefined) {
      tell?.(event);
    }
  }

  /**
   * The client's deadline timer started one network trip before ours, so a client that disconnects
   * this close to its deadline has timed out, not cancelled.
   */
  #isLate(): boolean {
    return this.#parts.clock.nowMs() >= this.#times.deadlineAtMs;
  }

  #deadlinePassed(): RankError {
    const limit = this.#times.isCapped
      ? `the ${this.#parts.maxCallMs} ms of SLMRANK_MAX_CALL_MS`
      : 'the deadline';
    return new RankError('deadline-exceeded', `${limit} passed before the answer was ready`);
  }

  /** Logs one line for each answer, without texts; bugs of ours with their cause. */
  #log(outcome: Outcome<Reply>): void {
    const { method, requestId } = this.#question;
    const ms = Math.round((this.#parts.clock.nowMs() - this.#times.startedAtMs) * 10) / 10;
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
