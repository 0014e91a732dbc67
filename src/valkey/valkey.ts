import { type Clock, systemClock } from '../base/clock.ts';
import { createDeferred } from '../base/deferred.ts';
import { messageOf } from '../base/errors.ts';
import {
  beginCall,
  type Breaker,
  type BreakerState,
  closedBreaker,
  endCall,
  mayCall,
} from './breaker.ts';
import {
  type Command,
  Connection,
  type ConnectionOptions,
  type Reply,
  replyBytes,
} from './connection.ts';
import {
  type CallOutcome,
  type EndedCall,
  isGood,
  outcomeOf,
  type ValkeyOperation,
} from './ended-call.ts';

export type { Reply } from './connection.ts';

export interface ValkeyOptions extends ConnectionOptions {
  /** Longest time for an answer. */
  readonly timeoutMs: number;
  readonly clock?: Clock;
  /** Hears when calls are no longer sent because so many have failed, and when again. */
  readonly onBreaker?: (isOpen: boolean, reason: string) => void;
  readonly onCall?: (call: EndedCall) => void;
}

export interface ValkeyEntry {
  readonly key: string;
  readonly value: Buffer;
}

/** What a call may take. */
export interface CallLimits {
  /** Of one value of the reply; of the whole reply for `run`. A longer one ends the connection. */
  readonly mostBytes: number;
  /** In place of the connection's own limit. */
  readonly timeoutMs?: number | undefined;
}

/** Calls, and bytes of requests and of expected replies, that wait for an answer at most. */
export const mostCalls = 1000;
const mostFlightBytes = 33_554_432;
/** The framing of one value in a reply. */
const frameBytes = 16;

/**
 * One call of many SETs: a command for each takes three times as long on the main thread.
 *
 * KEYS: the keys. ARGV: milliseconds until they expire, then their values.
 */
const setScript = `
for i, key in ipairs(KEYS) do redis.call('SET', key, ARGV[i + 1], 'PX', ARGV[1]) end
return #KEYS`;

type Ended = Pick<EndedCall, 'outcome'> & { readonly answer?: Reply; readonly reason?: string };

/**
 * A Valkey or Redis server (not a cluster). A call never throws and never waits longer than its
 * limit: it gives undefined when there is no answer, for whatever reason. Nothing is queued while
 * there is no connection.
 */
export class Valkey {
  readonly #options: ValkeyOptions;
  readonly #clock: Clock;
  readonly #connection: Connection;
  #breaker: Breaker = closedBreaker;
  #calls = 0;
  #flightBytes = 0;

  /** Connects in the background, and again and again with growing pauses. */
  constructor(options: ValkeyOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#connection = new Connection(options, this.#clock);
  }

  get isConnected(): boolean {
    return this.#connection.isConnected;
  }

  get breaker(): BreakerState {
    return this.#breaker.state;
  }

  /** Whether a call would be sent now, as far as connection and breaker go. */
  get mayAnswer(): boolean {
    return this.isConnected && mayCall(this.#breaker, this.#clock.nowMs());
  }

  /** The values of the keys, in their order; null where there is none. */
  async get(
    keys: readonly string[],
    { mostBytes, timeoutMs }: CallLimits,
  ): Promise<readonly (Buffer | null)[] | undefined> {
    const replyBytes = keys.length * (mostBytes + frameBytes);
    const command = { name: 'MGET', args: keys, mostBytes: replyBytes };
    return (await this.#call('get', command, timeoutMs)) as (Buffer | null)[] | undefined;
  }

  /** Writes all entries or none; false for none, or no answer. */
  async set(
    entries: readonly ValkeyEntry[],
    { ttlMs, timeoutMs }: { readonly ttlMs: number; readonly timeoutMs?: number },
  ): Promise<boolean> {
    const keys = entries.map(({ key }) => key);
    const values = entries.map(({ value }) => value);
    const args = [setScript, entries.length, ...keys, ttlMs, ...values];
    const command = { name: 'EVAL', args, mostBytes: frameBytes };
    return (await this.#call('set', command, timeoutMs)) === entries.length;
  }

  /** Any other command, such as EVAL with its arguments. */
  async run(
    name: string,
    args: Command['args'],
    { mostBytes, timeoutMs }: CallLimits,
  ): Promise<Reply | undefined> {
    return await this.#call('run', { name, args, mostBytes }, timeoutMs);
  }

  /** Ends the connection; calls get no answer from then on. */
  close(): void {
    this.#connection.close();
  }

  async #call(
    operation: ValkeyOperation,
    command: Command,
    timeoutMs = this.#options.timeoutMs,
  ): Promise<Reply | undefined> {
    const startedAtMs = this.#clock.nowMs();
    const bytes = bytesOf(command);
    const hindrance = this.#findHindrance(bytes, startedAtMs);
    if (hindrance !== undefined) {
      this.#options.onCall?.({ operation, outcome: hindrance });
      return undefined;
    }
    this.#breaker = beginCall(this.#breaker);
    const { outcome, answer, reason = '' } = await this.#send(command, bytes, timeoutMs);
    this.#endCall(isGood(outcome, operation), reason);
    this.#options.onCall?.({ operation, outcome, ms: this.#clock.nowMs() - startedAtMs });
    if (outcome === 'timeout') {
      this.#connection.endHung();
    }
    return answer;
  }

  #endCall(wasGood: boolean, reason: string): void {
    const before = this.#breaker.state;
    this.#breaker = endCall(this.#breaker, wasGood, this.#clock.nowMs());
    const { state } = this.#breaker;
    if (state !== before && (before === 'closed' || state === 'closed')) {
      this.#options.onBreaker?.(state !== 'closed', reason);
    }
  }

  #findHindrance(bytes: number, nowMs: number): CallOutcome | undefined {
    if (!this.isConnected) {
      return 'offline';
    }
    if (this.#calls >= mostCalls || this.#flightBytes + bytes > mostFlightBytes) {
      return 'full';
    }
    return mayCall(this.#breaker, nowMs) ? undefined : 'open';
  }

  /** What is in flight stays counted until the server has answered or the connection is gone. */
  async #send(command: Command, bytes: number, timeoutMs: number): Promise<Ended> {
    const ended = createDeferred<Ended>();
    this.#calls += 1;
    this.#flightBytes += bytes;
    // An answer that has arrived while the process was busy is read before the immediate runs.
    const cancel = this.#clock.at(this.#clock.nowMs() + timeoutMs, () =>
      setImmediate(() =>
        ended.resolve({ outcome: 'timeout', reason: `no answer within ${timeoutMs} ms` }),
      ),
    );
    this.#connection
      .ask(command)
      .then(
        (answer) => ended.resolve({ outcome: 'answered', answer }),
        (error: unknown) => ended.resolve({ outcome: outcomeOf(error), reason: messageOf(error) }),
      )
      .finally(() => {
        cancel();
        this.#calls -= 1;
        this.#flightBytes -= bytes;
      });
    return await ended.promise;
  }
}

/** Of a command and of the longest replies to it and its echo. */
function bytesOf({ args, mostBytes }: Command): number {
  const sent = args.reduce<number>(
    (sum, arg) => sum + (typeof arg === 'number' ? 8 : arg.length),
    0,
  );
  return sent + mostBytes + 2 * replyBytes;
}
