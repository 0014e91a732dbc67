import { RankError } from '../../base/errors.ts';
import { FairRoom } from '../../base/fair-room.ts';

/** A health check, a health watch, any other stream, or a call with one answer. */
export type CallKind = 'check' | 'watch' | 'stream' | 'unary';

/** Where a call comes from. */
export interface CallOrigin {
  readonly kind: CallKind;
  /** The caller's proven name, or the network that it calls from. */
  readonly holder: string;
  readonly isNamed: boolean;
  /** The address and port of its connection. */
  readonly connection: string;
}

/** The holder of a share of bytes and turns: a proven client, or else a single connection. */
export function shareHolderOf({ isNamed, holder, connection }: CallOrigin): string {
  return isNamed ? holder : connection;
}

const healthPath = '/grpc.health.v1.Health/';
const unaryPath =
  /^\/inference\.GRPCInferenceService\/|^\/slmrank\.v1\.(?:RankingService\/(?:Rank|EstimateRank|GetInfo|Tokenize)|ItemService\/(?:GetItem|DeleteItems|ListItems))$/;

export function kindOf(path: string): CallKind {
  if (path.startsWith(healthPath)) {
    return path === `${healthPath}Watch` ? 'watch' : 'check';
  }
  return unaryPath.test(path) ? 'unary' : 'stream';
}

/** The share of open calls that health checks may have, and that health watches may have. */
const healthPart = 1 / 20;
/** The share of the remaining calls that may be streams, which may last for ever. */
const streamPart = 3 / 4;
/** A connection may always have this many open, regardless of its client's other connections. */
const always = { calls: 4, watches: 1 };
/** Far more than the two names that a client can watch. */
const connectionWatches = 16;

/**
 * Counts open calls by kind, client and connection, and decides whether another one may open.
 * Health calls need no key, so they have a share of their own, which can fill up without harm to
 * the rest; no client can take all of the rest (see `FairRoom`).
 */
export class CallRoom {
  readonly #calls: FairRoom;
  readonly #watches: FairRoom;
  readonly #mostChecks: number;
  readonly #connections = new Map<string, number>();
  readonly #counts = { check: 0, watch: 0, stream: 0, unary: 0 };

  constructor(openCalls: number) {
    const ofHealth = Math.floor(openCalls * healthPart);
    this.#calls = new FairRoom(openCalls - 2 * ofHealth, always.calls);
    this.#watches = new FairRoom(Math.max(1, ofHealth), always.watches);
    this.#mostChecks = Math.max(1, ofHealth);
  }

  /** If so, the oldest health check is ended for a new one: a check should last only a moment. */
  get isFullOfChecks(): boolean {
    return this.#counts.check >= this.#mostChecks;
  }

  /** @throws RankError `overloaded` */
  assertRoom(origin: CallOrigin): void {
    if (origin.kind === 'watch') {
      this.#assertWatch(origin);
    } else if (origin.kind !== 'check') {
      this.#assertCall(origin);
    }
  }

  enter(origin: CallOrigin): void {
    this.#change(origin, 1);
  }

  leave(origin: CallOrigin): void {
    this.#change(origin, -1);
  }

  #assertWatch({ connection, holder }: CallOrigin): void {
    const onConnection = this.#connections.get(connectionKey('watch', connection)) ?? 0;
    if (onConnection >= connectionWatches) {
      throw tooMany(`${onConnection} health watches are open on this connection`);
    }
    this.#assertFits(this.#watches, holder, 'health watches');
  }

  #assertCall({ kind, connection, holder }: CallOrigin): void {
    const mostStreams = Math.ceil(this.#calls.most * streamPart);
    if (kind === 'stream' && this.#counts.stream >= mostStreams) {
      throw tooMany(`${mostStreams} streams are open`);
    }
    const onConnection = this.#connections.get(connectionKey('call', connection)) ?? 0;
    if (this.#calls.free === 0 || onConnection >= always.calls) {
      this.#assertFits(this.#calls, holder, 'calls');
    }
  }

  #assertFits(room: FairRoom, holder: string, what: string): void {
    const verdict = room.judge(holder, 1);
    if (verdict === 'full') {
      throw tooMany(`${room.most} ${what} are open`);
    }
    if (verdict === 'share') {
      throw new RankError(
        'overloaded',
        `this client has ${room.heldBy(holder)} ${what} open; at most as many as it leaves free, ` +
          `${room.free} of ${room.most} are free`,
        { reason: 'CLIENT_SHARE' },
      );
    }
  }

  #change({ kind, holder, connection }: CallOrigin, by: 1 | -1): void {
    this.#counts[kind] += by;
    if (kind !== 'check') {
      (kind === 'watch' ? this.#watches : this.#calls).take(holder, by);
      const key = connectionKey(kind === 'watch' ? 'watch' : 'call', connection);
      const held = (this.#connections.get(key) ?? 0) + by;
      if (held > 0) {
        this.#connections.set(key, held);
      } else {
        this.#connections.delete(key);
      }
    }
  }
}

function connectionKey(what: 'watch' | 'call', connection: string): string {
  return `${what} ${connection}`;
}

function tooMany(what: string): RankError {
  return new RankError('overloaded', `${what}, which is the limit`, { reason: 'TOO_MANY_CALLS' });
}
