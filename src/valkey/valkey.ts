import { Redis } from 'ioredis';
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
  type CallOutcome,
  type EndedCall,
  isGood,
  outcomeOf,
  type ValkeyOperation,
} from './ended-call.ts';
import { type Guarded, guardedConnector, type ServerAddress } from './guarded-connector.ts';

export interface ValkeyOptions extends ServerAddress {
  readonly db: number;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Longest time for an answer. */
  readonly timeoutMs: number;
  readonly clock?: Clock;
  /** Hears of each change between connected and not, with the reason for the latter. */
  readonly onConnection?: (isConnected: boolean, reason: string) => void;
  /** Hears when calls are no longer sent because the server does not answer, and when again. */
  readonly onBreaker?: (isOpen: boolean) => void;
  readonly onCall?: (call: EndedCall) => void;
}

/** A reply of the protocol. */
export type Reply = Buffer | number | null | readonly Reply[];

export interface ValkeyEntry {
  readonly key: string;
  readonly value: Buffer;
  /** Undefined: it does not expire. */
  readonly ttlMs?: number;
}

/** What a call may take. */
export interface CallLimits {
  /** Of one value of the reply; of the whole reply for `run`. A longer one ends the connection. */
  readonly mostBytes: number;
  /** In place of the connection's own limit. */
  readonly timeoutMs?: number;
}

/** Commands and bytes, of requests and of expected replies, that wait for an answer at most. */
export const mostCommands = 4000;
export const mostFlightBytes = 33_554_432;
/** A connection whose oldest command has waited this long is given up. */
const hangMs = 5000;
/** The framing of one value in a reply; an error message takes more. */
const frameBytes = 16;
const replyBytes = 1100;

interface Ask<Answer> {
  readonly operation: ValkeyOperation;
  /** The most bytes of the reply to each command. */
  readonly replies: readonly number[];
  readonly sentBytes: number;
  readonly timeoutMs?: number | undefined;
  readonly send: () => Promise<Answer>;
}

/**
 * One connection to a Valkey or Redis server (not a cluster). A call never throws and never waits
 * longer than its limit: it gives undefined when there is no answer, for whatever reason. Nothing
 * is queued while there is no connection.
 */
export class Valkey {
  readonly #options: ValkeyOptions;
  readonly #clock: Clock;
  readonly #redis: Redis;
  #breaker: Breaker = closedBreaker;
  #guarded: Guarded | undefined;
  #isConnected: boolean | undefined;
  #isClosed = false;
  #lastFault = 'not connected yet';
  #commands = 0;
  #flightBytes = 0;

  /** Connects in the background, and again and again with growing pauses. */
  constructor(options: ValkeyOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#redis = new Redis({
      Connector: guardedConnector(options, (guarded) => this.#use(guarded)),
      ...(options.isTls ? { tls: {} } : {}),
      db: options.db,
      ...(options.username === undefined ? {} : { username: options.username }),
      ...(logsIn(options) ? { password: options.password ?? '' } : {}),
      protocol: 2,
      connectTimeout: 2000,
      retryStrategy: (attempt) => Math.min(100 * 2 ** attempt, 5000) * (0.5 + Math.random() / 2),
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      enableReadyCheck: false,
      disableClientInfo: true,
    });
    this.#redis.on('error', (error) => {
      this.#lastFault = messageOf(error);
    });
    this.#redis.on('ready', () => this.#tellConnection(true));
    this.#redis.on('close', () => this.#tellConnection(false));
  }

  get isConnected(): boolean {
    return this.#isConnected === true;
  }

  get breaker(): BreakerState {
    return this.#breaker.state;
  }

  /** Whether a call would be sent now, as far as connection and breaker go. */
  get mayAnswer(): boolean {
    return this.isConnected && mayCall(this.#breaker, this.#clock.nowMs());
  }

  /** The values of the keys, in their order; null where there is none. */
  get(
    keys: readonly string[],
    { mostBytes, timeoutMs }: CallLimits,
  ): Promise<readonly (Buffer | null)[] | undefined> {
    return this.#call({
      operation: 'get',
      replies: [replyBytes + keys.length * (mostBytes + frameBytes)],
      sentBytes: sum(keys.map((key) => key.length)),
      timeoutMs,
      send: () => this.#redis.mgetBuffer([...keys]),
    });
  }

  /** The number of entries that the server has taken. */
  set(entries: readonly ValkeyEntry[], timeoutMs?: number): Promise<number | undefined> {
    return this.#call({
      operation: 'set',
      replies: entries.map(() => replyBytes),
      sentBytes: sum(entries.map(({ key, value }) => key.length + value.length)),
      timeoutMs,
      send: () => this.#setAll(entries),
    });
  }

  /** Any other command, such as EVAL with its arguments. */
  run(
    name: string,
    args: readonly (string | number | Buffer)[],
    { mostBytes, timeoutMs }: CallLimits,
  ): Promise<Reply | undefined> {
    return this.#call({
      operation: 'run',
      replies: [replyBytes + mostBytes],
      sentBytes: sum(args.map((arg) => (typeof arg === 'number' ? 8 : arg.length))),
      timeoutMs,
      send: () => this.#redis.callBuffer(name, ...args) as Promise<Reply>,
    });
  }

  /**
   * Begins a new connection: for a reply that makes no sense, because the replies behind it may be
   * those of other commands.
   */
  restart(): void {
    this.#guarded?.socket.destroy(new Error('the server sent a reply that makes no sense'));
  }

  /** Ends the connection; calls get no answer from then on. */
  close(): void {
    this.#isClosed = true;
    this.#isConnected = false;
    this.#redis.disconnect();
  }

  async #setAll(entries: readonly ValkeyEntry[]): Promise<number> {
    const pipeline = this.#redis.pipeline();
    for (const { key, value, ttlMs } of entries) {
      if (ttlMs === undefined) {
        pipeline.set(key, value);
      } else {
        pipeline.set(key, value, 'PX', ttlMs);
      }
    }
    const replies = (await pipeline.exec()) ?? [];
    const errors = replies.flatMap(([error]) => error ?? []);
    if (errors[0] !== undefined && errors.length === entries.length) {
      throw errors[0];
    }
    return entries.length - errors.length;
  }

  async #call<Answer>(ask: Ask<Answer>): Promise<Answer | undefined> {
    const startedAtMs = this.#clock.nowMs();
    const { operation } = ask;
    const hindrance = this.#findHindrance(ask, startedAtMs);
    if (hindrance !== undefined) {
      this.#options.onCall?.({ operation, outcome: hindrance });
      return undefined;
    }
    this.#breaker = beginCall(this.#breaker);
    const { outcome, answer } = await this.#send(ask, startedAtMs);
    const nowMs = this.#clock.nowMs();
    this.#endCall(isGood(outcome, operation), nowMs);
    this.#options.onCall?.({ operation, outcome, ms: nowMs - startedAtMs });
    if (outcome === 'timeout' && this.#hangs(nowMs)) {
      this.#guarded?.socket.destroy(new Error(`no reply for ${hangMs} ms`));
    }
    return answer;
  }

  #endCall(wasGood: boolean, nowMs: number): void {
    const before = this.#breaker.state;
    this.#breaker = endCall(this.#breaker, wasGood, nowMs);
    const { state } = this.#breaker;
    if (state !== before && (before === 'closed' || state === 'closed')) {
      this.#options.onBreaker?.(state !== 'closed');
    }
  }

  #hangs(nowMs: number): boolean {
    const oldestAtMs = this.#guarded?.guard.oldestAtMs;
    return oldestAtMs !== undefined && nowMs - oldestAtMs > hangMs;
  }

  #findHindrance({ replies, sentBytes }: Ask<unknown>, nowMs: number): CallOutcome | undefined {
    const bytes = this.#flightBytes + sentBytes + sum(replies);
    if (!this.isConnected || this.#redis.status !== 'ready') {
      return 'offline';
    }
    if (this.#commands + replies.length > mostCommands || bytes > mostFlightBytes) {
      return 'full';
    }
    return mayCall(this.#breaker, nowMs) ? undefined : 'open';
  }

  /** What is in flight stays counted until the server has answered or the connection is gone. */
  async #send<Answer>(
    { replies, sentBytes, timeoutMs = this.#options.timeoutMs, send }: Ask<Answer>,
    sentAtMs: number,
  ): Promise<{ readonly outcome: CallOutcome; readonly answer?: Answer }> {
    const ended = createDeferred<{ readonly outcome: CallOutcome; readonly answer?: Answer }>();
    const bytes = sentBytes + sum(replies);
    this.#commands += replies.length;
    this.#flightBytes += bytes;
    replies.forEach((mostBytes) => this.#guarded?.guard.expect({ mostBytes, sentAtMs }));
    // An answer that has arrived while the process was busy is read before the immediate runs.
    const cancel = this.#clock.at(sentAtMs + timeoutMs, () =>
      setImmediate(() => ended.resolve({ outcome: 'timeout' })),
    );
    send()
      .then(
        (answer) => ended.resolve({ outcome: 'answered', answer }),
        (error: unknown) => ended.resolve({ outcome: outcomeOf(error) }),
      )
      .finally(() => {
        cancel();
        this.#commands -= replies.length;
        this.#flightBytes -= bytes;
      });
    return await ended.promise;
  }

  /** ioredis logs in and selects the database before anything else is sent. */
  #use(guarded: Guarded): void {
    const hello = { mostBytes: replyBytes, sentAtMs: this.#clock.nowMs() };
    const steps = [logsIn(this.#options), this.#options.db !== 0].filter(Boolean);
    steps.forEach(() => guarded.guard.expect(hello));
    this.#guarded = guarded;
  }

  #tellConnection(isConnected: boolean): void {
    if (!this.#isClosed && this.#isConnected !== isConnected) {
      this.#isConnected = isConnected;
      this.#options.onConnection?.(isConnected, isConnected ? '' : this.#lastFault);
    }
  }
}

/** A user without a password logs in with any. */
function logsIn({ username, password }: ValkeyOptions): boolean {
  return username !== undefined || password !== undefined;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
