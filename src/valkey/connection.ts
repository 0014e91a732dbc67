import { Redis } from 'ioredis';
import type { Socket } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import { isRefusal } from './ended-call.ts';
import { type Guarded, guardedConnector, type ServerAddress } from './guarded-connector.ts';

export interface ConnectionOptions extends ServerAddress {
  readonly db: number;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Hears of each change between connected and not, with the reason for the latter. */
  readonly onConnection?: ((isConnected: boolean, reason: string) => void) | undefined;
}

/** A reply of the protocol. */
export type Reply = Buffer | number | null | readonly Reply[];

export interface Command {
  readonly name: string;
  readonly args: readonly (string | number | Buffer)[];
  /** Of the values of its reply. A longer reply ends the connection. */
  readonly mostBytes: number;
}

/** Beside the values of a reply, and instead of them: an error message. */
export const replyBytes = 1100;
/** A connection whose oldest command has waited this long is given up. */
const hangMs = 5000;
/** A connection to a replica is replaced by one that may reach the primary, this often at most. */
const replicaMs = 30_000;

/**
 * A connection that is made again whenever it ends, with growing pauses. Replies belong to commands
 * by their order alone, so a reply that the server leaves out would give each command the reply of
 * the next one, until the connection ends. Therefore an ECHO of a number follows each command, and
 * a connection that does not answer it with this number ends at once.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #clock: Clock;
  readonly #redis: Redis;
  #guarded: Guarded | undefined;
  #openedAtMs = 0;
  #isConnected: boolean | undefined;
  #isClosed = false;
  #lastFault = 'not connected yet';
  #commands = 0;

  constructor(options: ConnectionOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
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

  /** @throws Error, named ReplyError if it is the reply */
  async ask(command: Command): Promise<Reply> {
    const guarded = this.#guarded;
    if (guarded === undefined || !this.isConnected || this.#redis.status !== 'ready') {
      throw new Error('not connected');
    }
    this.#commands += 1;
    const number = String(this.#commands);
    const [reply, echo] = await this.#send(command, number, guarded);
    if (echo.status === 'rejected' && !isRefusal(echo.reason)) {
      throw new Error('the connection ended', { cause: echo.reason });
    }
    const echoed = echo.status === 'fulfilled' ? echo.value : messageOf(echo.reason);
    if (echoed !== number) {
      throw end(guarded, `the server sent '${echoed}' instead of an echo`);
    }
    if (reply.status === 'fulfilled') {
      return reply.value as Reply;
    }
    this.#leaveReplica(guarded, reply.reason);
    throw reply.reason;
  }

  /** Ends a connection that has not answered its oldest command for long. */
  endHung(): void {
    const oldestAtMs = this.#guarded?.guard.oldestAtMs;
    if (oldestAtMs !== undefined && this.#clock.nowMs() - oldestAtMs > hangMs) {
      end(this.#guarded, `no reply for ${hangMs} ms`);
    }
  }

  /** For ever, and at once: commands in flight fail. */
  close(): void {
    this.#isClosed = true;
    this.#isConnected = false;
    this.#redis.disconnect();
    this.#guarded?.socket.destroy();
  }

  #send({ name, args, mostBytes }: Command, number: string, { socket, guard }: Guarded) {
    const sentAtMs = this.#clock.nowMs();
    guard.expect({ mostBytes: replyBytes + mostBytes, sentAtMs });
    guard.expect({ mostBytes: replyBytes, sentAtMs });
    return together(socket, () =>
      Promise.allSettled([this.#redis.callBuffer(name, ...args), this.#redis.echo(number)]),
    );
  }

  #leaveReplica(guarded: Guarded, error: unknown): void {
    const isReplica = messageOf(error).startsWith('READONLY');
    if (isReplica && this.#clock.nowMs() - this.#openedAtMs > replicaMs) {
      end(guarded, messageOf(error));
    }
  }

  /** ioredis logs in and selects the database before anything else is sent. */
  #use(guarded: Guarded): void {
    const hello = { mostBytes: replyBytes, sentAtMs: this.#clock.nowMs() };
    const steps = [logsIn(this.#options), this.#options.db !== 0].filter(Boolean);
    steps.forEach(() => guarded.guard.expect(hello));
    this.#guarded = guarded;
    this.#openedAtMs = hello.sentAtMs;
  }

  #tellConnection(isConnected: boolean): void {
    if (!this.#isClosed && this.#isConnected !== isConnected) {
      this.#isConnected = isConnected;
      this.#options.onConnection?.(isConnected, isConnected ? '' : this.#lastFault);
    }
  }
}

/** What is written meanwhile is sent at once, in one piece. */
function together<Sent>(socket: Socket, send: () => Sent): Sent {
  socket.cork();
  try {
    return send();
  } finally {
    socket.uncork();
  }
}

function end(guarded: Guarded | undefined, reason: string): Error {
  const error = new Error(reason);
  guarded?.socket.destroy(error);
  return error;
}

/** A user without a password logs in with any. */
function logsIn({ username, password }: ConnectionOptions): boolean {
  return username !== undefined || password !== undefined;
}
