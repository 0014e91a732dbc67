import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Server as HttpServer, Socket } from 'node:net';
import type { Server, ServerInterceptor } from '@grpc/grpc-js';
import type { Clock } from '../../base/clock.ts';
import { presentError, RankError, type Reason } from '../../base/errors.ts';
import type { Config } from '../../config/config.ts';
import type { Access } from '../../desk/access/access.ts';
import { toClientName } from '../../desk/caller.ts';
import type { Log } from '../../observe/log.ts';
import type { ProtoRoot } from '../../proto/proto-root.ts';
import { Connections } from '../connections/connections.ts';
import { guardServer, guardStreams, sessionOf } from '../connections/guard-server.ts';
import type { CallOrigin } from './call-room.ts';
import { assertMetadata, mendTimeout } from './check-headers.ts';
import { ByteCounter } from './count-bytes.ts';
import { endStalled } from './end-stalled.ts';
import { Identifier, originOf } from './identify.ts';
import { interceptCalls, writeCallKey } from './intercept-calls.ts';
import { OpenCall } from './open-call.ts';
import { OpenCalls } from './open-calls.ts';
import { Refusals } from './refusals.ts';
import { StartTurns } from './start-turns.ts';

export interface FrontDoorParts {
  readonly config: Config;
  readonly access: Access;
  readonly clock: Clock;
  readonly log: Log;
  readonly root: ProtoRoot;
  /** The transport aborts longer messages. */
  readonly mostMessageBytes: number;
}

interface HttpCall {
  readonly socket: Socket;
  /** The header, as sent. */
  readonly authorization: string | undefined;
  /** Whether callers without a key may call it. */
  readonly isOpen: boolean;
  /** The most bytes that its body can have. */
  readonly bytes: number;
}

interface AdmittedCall {
  /** The caller's proven name; undefined for callers that name themselves. */
  readonly client: string | undefined;
  readonly leave: () => void;
}

/**
 * Checks every call before the library gets it. The library limits neither calls nor bytes nor
 * time: it would collect a message of any client for as long as the client likes. The front door
 * limits all three, and identifies callers before it reads their messages.
 */
export class FrontDoor {
  /** For the options of the server: reports when the library has decoded and answered messages. */
  readonly interceptor: ServerInterceptor;
  readonly #parts: FrontDoorParts;
  readonly #bytes: ByteCounter;
  readonly #open: OpenCalls;
  readonly #connections: Connections;
  readonly #identifier: Identifier;
  readonly #refusals: Refusals;
  readonly #timer: NodeJS.Timeout;
  #httpCalls = 0;

  constructor(parts: FrontDoorParts) {
    const { config, access, clock, mostMessageBytes } = parts;
    this.#parts = parts;
    this.#bytes = new ByteCounter(config.bufferedBytes, mostMessageBytes);
    this.#open = new OpenCalls(config.openCalls);
    this.#connections = new Connections(config.connections, clock);
    this.#identifier = new Identifier(access, config.tlsClientCa !== undefined);
    this.#refusals = new Refusals(parts);
    this.interceptor = interceptCalls(this.#open, new StartTurns(() => clock.nowMs()));
    this.#timer = setInterval(() => this.#sweep(), Math.min(1000, config.messageMs / 4));
    this.#timer.unref();
  }

  get openCalls(): number {
    return this.#open.size + this.#httpCalls;
  }

  get openConnections(): number {
    return this.#connections.open;
  }

  /** Calls refused here, before any handler saw them, by reason. */
  get refused(): ReadonlyMap<Reason, number> {
    return this.#refusals.counts;
  }

  get heldBytes(): number {
    return this.#bytes.heldBytes;
  }

  /** Guards every address that the server will be bound to. @throws RankError if it cannot. */
  attach(server: Server): void {
    guardServer(server, (http2Server) => {
      this.#connections.guard(http2Server);
      guardStreams(http2Server, (stream, headers) => this.#admit(stream, headers));
    });
  }

  /** Limits the connections of the HTTP address together with those of gRPC. */
  attachHttp(server: HttpServer): void {
    this.#connections.guardSockets(server);
  }

  /**
   * Admits a plain HTTP call, within the same limits as the others, until `leave` is called.
   *
   * @throws RankError `unauthenticated` or `overloaded`, and counts the refusal
   */
  admitHttp({ socket, authorization, isOpen, bytes }: HttpCall): AdmittedCall {
    try {
      const proven = isOpen ? undefined : this.#identifier.identifyHttp(socket, authorization);
      const client = proven === undefined ? undefined : toClientName(proven.client);
      const origin = originOf('unary', client ?? '', socket);
      this.#open.room.assertRoom(origin);
      const release = this.#bytes.hold(bytes, origin);
      this.#open.room.enter(origin);
      this.#httpCalls += 1;
      const end = this.#connections.beginOn(socket);
      const leave = () => {
        end();
        this.#httpCalls -= 1;
        this.#open.room.leave(origin);
        release();
      };
      return { client, leave };
    } catch (error) {
      this.#refusals.count(presentError(error));
      throw error;
    }
  }

  /** Client certificates have a new authority: clients must connect again. */
  endCertified(): void {
    this.#identifier.endCertified();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #admit(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): boolean {
    try {
      assertMetadata(headers, this.#parts.config.metadataBytes);
      mendTimeout(headers);
      const origin = this.#identifier.identify(sessionOf(stream), headers);
      this.#makeRoom(origin);
      this.#follow(stream, headers, origin);
    } catch (error) {
      this.#refusals.refuse(stream, error);
      return false;
    }
    return true;
  }

  /** @throws RankError `overloaded` */
  #makeRoom(origin: CallOrigin): void {
    const { room } = this.#open;
    room.assertRoom(origin);
    if (origin.kind === 'check' && room.isFullOfChecks) {
      const { idlestCheck } = this.#open;
      if (idlestCheck !== undefined) {
        this.#refusals.refuse(idlestCheck.stream, gaveWay());
        this.#open.close(idlestCheck);
      }
    }
  }

  #follow(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, origin: CallOrigin): void {
    const bytes = this.#bytes.count(stream, headers, origin, (error) =>
      this.#refusals.refuse(stream, error),
    );
    const session = sessionOf(stream);
    const call = new OpenCall(stream, bytes, origin, this.#parts.clock.nowMs());
    writeCallKey(headers, this.#open.add(call, session, this.#connections.begin(session)));
    // Listening for data has started the stream; the library resumes it when it is ready to read.
    stream.pause();
  }

  #sweep(): void {
    const { clock, config } = this.#parts;
    this.#connections.sweep();
    const { messageMs } = config;
    endStalled({ openCalls: this.#open, refusals: this.#refusals, messageMs }, clock.nowMs());
    this.#refusals.sweep();
  }
}

function gaveWay(): RankError {
  return new RankError('overloaded', 'this health check gave way to later ones', {
    reason: 'TOO_MANY_CALLS',
  });
}
