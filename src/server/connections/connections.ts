import type { Http2Server, ServerHttp2Session } from 'node:http2';
import type { Server, Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { FairRoom } from '../../base/fair-room.ts';
import { ConnectionProbe } from './connection-probe.ts';
import { networkOf } from './network-of.ts';

/** The longest that a new connection may take to send its HTTP/2 settings. */
const maxGreetingMs = 20_000;
/** When there is no room, a connection that was idle for this long is closed for a new one. */
const minIdleMs = 5000;
/** The longest that a client may take to close its side of an ended connection. */
const maxLingerMs = 10_000;
/** The same for a connection that the server ends. */
const maxEndMs = 1000;
/** A network may always have this many connections while there is any room. */
const always = 8;

type Address = Pick<Socket, 'remoteAddress' | 'remotePort' | 'localPort'>;

interface Connection {
  readonly socket: Socket;
  readonly network: string;
  session: ServerHttp2Session | undefined;
  probe: ConnectionProbe | undefined;
  calls: number;
  idleSinceAtMs: number;
  endedAtMs: number | undefined;
  isGone: boolean;
}

/**
 * The connections of a server: limits them by network, closes idle ones when there is no room for a
 * new one, and ends those that have died silently.
 */
export class Connections {
  readonly #room: FairRoom;
  readonly #clock: Pick<Clock, 'nowMs'>;
  /** By `keyOf`, oldest first. */
  readonly #all = new Map<string, Connection>();
  #closed = 0;

  constructor(most: number, clock: Pick<Clock, 'nowMs'>) {
    this.#room = new FairRoom(most, always);
    this.#clock = clock;
  }

  get open(): number {
    return this.#room.held;
  }

  /** New connections that were closed for lack of room. */
  get closed(): number {
    return this.#closed;
  }

  guard(http2Server: Http2Server): void {
    this.guardSockets(http2Server);
    http2Server.on('session', (session: ServerHttp2Session) => this.#greet(session));
  }

  /** Limits the connections of a server of any protocol. */
  guardSockets(server: Server): void {
    const handlers = server.listeners('connection') as ((socket: Socket) => void)[];
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      if (this.#admit(socket)) {
        handlers.forEach((handle) => handle.call(server, socket));
      } else {
        this.#closed += 1;
        socket.destroy();
      }
    });
  }

  /** Counts a call of a connection as open until the returned function is called. */
  begin(session: ServerHttp2Session | undefined): () => void {
    return this.#count(this.#find(session));
  }

  /** The same for a connection without a session. */
  beginOn(socket: Address): () => void {
    return this.#count(this.#all.get(keyOf(socket)));
  }

  #count(connection: Connection | undefined): () => void {
    const change = (by: 1 | -1) => {
      if (connection !== undefined) {
        connection.calls += by;
        connection.idleSinceAtMs = this.#clock.nowMs();
      }
    };
    change(1);
    return () => change(-1);
  }

  /** Ends connections that are over, with their streams and sockets. */
  sweep(): void {
    const nowMs = this.#clock.nowMs();
    for (const connection of [...this.#all.values()]) {
      const { session, probe, socket } = connection;
      if (session?.destroyed === true) {
        connection.endedAtMs ??= nowMs;
        if (nowMs - connection.endedAtMs > maxLingerMs) {
          socket.destroy();
        }
      } else if (probe?.isOver(connection.calls) === true) {
        end(connection);
      }
    }
  }

  #admit(socket: Socket): boolean {
    const network = networkOf(socket.remoteAddress);
    const verdict = this.#room.judge(network, 1);
    if (verdict !== 'fits' && !this.#makeRoom(verdict === 'share' ? network : undefined)) {
      return false;
    }
    const key = keyOf(socket);
    const connection: Connection = {
      socket,
      network,
      session: undefined,
      probe: undefined,
      calls: 0,
      idleSinceAtMs: this.#clock.nowMs(),
      endedAtMs: undefined,
      isGone: false,
    };
    this.#all.set(key, connection);
    this.#room.take(network, 1);
    socket.once('close', () => this.#remove(key, connection));
    return true;
  }

  /** Closes the longest idle connection: of one network, or of the network with the most. */
  #makeRoom(network: string | undefined): boolean {
    const latestAtMs = this.#clock.nowMs() - minIdleMs;
    const idle = [...this.#all].filter(
      ([, { calls, idleSinceAtMs, network: its }]) =>
        calls === 0 && idleSinceAtMs <= latestAtMs && (network ?? its) === its,
    );
    const rank = ([, { network: its, idleSinceAtMs }]: (typeof idle)[number]) =>
      [-this.#room.heldBy(its), idleSinceAtMs] as const;
    const [first] = idle.sort((a, b) => rank(a)[0] - rank(b)[0] || rank(a)[1] - rank(b)[1]);
    if (first === undefined) {
      return false;
    }
    const [key, connection] = first;
    this.#remove(key, connection);
    end(connection);
    return true;
  }

  #greet(session: ServerHttp2Session): void {
    const connection = this.#find(session);
    if (connection !== undefined) {
      connection.session = session;
      connection.probe = new ConnectionProbe(session, connection.socket);
    }
    const timer = setTimeout(() => session.destroy(), maxGreetingMs);
    timer.unref();
    const settle = () => clearTimeout(timer);
    session.once('remoteSettings', settle);
    session.once('close', settle);
  }

  #find(session: ServerHttp2Session | undefined): Connection | undefined {
    const socket: Address | undefined = session?.destroyed === false ? session.socket : undefined;
    return socket === undefined ? undefined : this.#all.get(keyOf(socket));
  }

  #remove(key: string, connection: Connection): void {
    if (!connection.isGone) {
      connection.isGone = true;
      this.#room.release(connection.network, 1);
      this.#all.delete(key);
    }
  }
}

/** A session sends GOAWAY before it ends, so it would never end if its client does not read. */
function end({ session, socket }: Connection): void {
  if (session === undefined) {
    socket.destroy();
  } else {
    session.destroy();
    setTimeout(() => socket.destroy(), maxEndMs).unref();
  }
}

/** One port of a server has at most one connection from an address and port at a time. */
function keyOf({ remoteAddress, remotePort, localPort }: Address): string {
  return `${remoteAddress ?? ''} ${remotePort ?? 0} ${localPort ?? 0}`;
}
