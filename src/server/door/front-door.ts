import {
  constants,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import {
  type Metadata,
  type Server,
  ServerInterceptingCall,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import type { Clock } from '../../base/clock.ts';
import type { Reason } from '../../base/errors.ts';
import type { Config } from '../../config/config.ts';
import type { Log } from '../../observe/log.ts';
import type { Access } from '../../desk/access/access.ts';
import { ByteLedger, CallBytes } from './call-bytes.ts';
import { type CallOrigin, kindOf } from './call-room.ts';
import { Connections } from '../connections/connections.ts';
import { assertMetadata, gaveWay, noRoom, stalled, tooLong } from './door-errors.ts';
import { guardHttp2 } from '../connections/inner-server.ts';
import { networkOf } from '../connections/network-of.ts';
import { OpenCall } from './open-call.ts';
import { OpenCalls } from './open-calls.ts';
import type { ProtoRoot } from '../../proto/proto-root.ts';
import { receivedBytes } from '../wire/guard-decoder.ts';
import { Refusals } from './refusals.ts';
import { StartTurns } from './start-turns.ts';
import { mendTimeout } from './timeout-header.ts';

export interface FrontDoorParts {
  readonly config: Config;
  readonly access: Access;
  readonly clock: Clock;
  readonly log: Log;
  readonly root: ProtoRoot;
  /** Past this the transport breaks a message off. */
  readonly mostMessageBytes: number;
}

/** Ties a call of the library to its stream; never leaves this file. */
const callKey = 'x-slmrank-call';
const clientCharacters = 256;
/** Health asks by a name of ours, which is short. It needs no key, so that its bytes are held apart. */
const healthBytes = { call: 2048, all: 16_777_216 };

/**
 * Stands between the connections and the library, which knows no bound on calls, on bytes or on time: it collects a
 * message of any client for as long as the client likes. Also asks who calls, before anything is read.
 */
export class FrontDoor {
  /** To be given to the server: it hands on what the streams cannot know. */
  readonly interceptor: ServerInterceptor;
  readonly #parts: FrontDoorParts;
  readonly #ledger: ByteLedger;
  readonly #healthLedger = new ByteLedger(healthBytes.all);
  readonly #open: OpenCalls;
  readonly #connections: Connections;
  readonly #timer: NodeJS.Timeout;
  readonly #refusals: Refusals;
  readonly #turns: StartTurns;

  constructor(parts: FrontDoorParts) {
    const { config, clock, mostMessageBytes } = parts;
    this.#parts = parts;
    this.#ledger = new ByteLedger(config.bufferedBytes, mostMessageBytes);
    this.#open = new OpenCalls(config.openCalls);
    this.#connections = new Connections(config.connections, clock);
    this.#refusals = new Refusals(parts);
    this.#turns = new StartTurns(() => clock.nowMs());
    this.#timer = setInterval(() => this.#sweep(), Math.min(1000, config.messageMs / 4));
    this.#timer.unref();
    this.interceptor = this.#intercept.bind(this);
  }

  get openCalls(): number {
    return this.#open.size;
  }

  get openConnections(): number {
    return this.#connections.open;
  }

  /** Calls refused here, by reason: those that no handler saw. */
  get refused(): ReadonlyMap<Reason, number> {
    return this.#refusals.counts;
  }

  get heldBytes(): number {
    return this.#ledger.held + this.#healthLedger.held;
  }

  /** Guards every address that the server will be bound to. @throws RankError when it cannot. */
  attach(server: Server): void {
    guardHttp2(server, (http2Server) => this.#guard(http2Server));
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #guard(http2Server: Http2Server): void {
    this.#connections.guard(http2Server);
    const handlers = http2Server.listeners('stream') as ((...words: unknown[]) => void)[];
    http2Server.removeAllListeners('stream');
    http2Server.on('stream', (stream, headers, ...rest) => {
      if (this.#admit(stream, headers)) {
        handlers.forEach((handle) => handle(stream, headers, ...rest));
        if (stream.headersSent) {
          // Refused by the library, which then reads no more: what still comes is thrown away.
          stream.resume();
        }
      }
    });
  }

  #admit(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): boolean {
    try {
      assertMetadata(headers, this.#parts.config.metadataBytes);
      mendTimeout(headers);
      const session = serverSession(stream);
      const origin = this.#identify(session, headers);
      this.#makeRoom(origin);
      this.#follow(stream, headers, origin);
    } catch (error) {
      this.#refusals.refuse(stream, error);
      return false;
    }
    return true;
  }

  /** Puts the caller's proven name in place of its own word, and takes the key out of sight. @throws RankError */
  #identify(session: ServerHttp2Session | undefined, headers: IncomingHttpHeaders): CallOrigin {
    const path = headers[':path'] ?? '';
    const name = this.#parts.access.nameOf(path, headers, session);
    if (name !== undefined) {
      headers['x-client-id'] = name.replace(/[^!-~]/g, '_').slice(0, clientCharacters);
    }
    delete headers.authorization;
    const { remoteAddress, remotePort = 0 } = session?.destroyed === false ? session.socket : {};
    const isNamed = name !== undefined && name !== '';
    return {
      kind: kindOf(path),
      isNamed,
      holder: isNamed ? `client ${name}` : `network ${networkOf(remoteAddress)}`,
      connection: `${remoteAddress ?? ''} ${remotePort}`,
    };
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
    const isHealth = origin.kind === 'check' || origin.kind === 'watch';
    const ledger = isHealth ? this.#healthLedger : this.#ledger;
    const bytes = new CallBytes({
      ledger,
      holder: holderOf(origin),
      isCompressed: (headers['grpc-encoding'] ?? 'identity') !== 'identity',
      mostMessageBytes: this.#parts.mostMessageBytes,
    });
    const session = serverSession(stream);
    const call = new OpenCall(stream, bytes, origin, this.#parts.clock.nowMs());
    headers[callKey] = this.#open.add(call, session, this.#connections.begin(session));
    let come = 0;
    stream.on('data', (chunk: Buffer) => {
      come += chunk.length;
      if (stream.closed) {
        return;
      }
      if (isHealth && come > healthBytes.call) {
        this.#refusals.refuse(stream, tooLong(healthBytes.call));
      } else if (!bytes.add(chunk)) {
        this.#refusals.refuse(stream, noRoom(bytes, ledger));
      }
    });
    // The library reads when it is ready to.
    stream.pause();
  }

  /** What the streams cannot know: which call of the library is whose, and what becomes of its messages. */
  #intercept(...[definition, call]: Parameters<ServerInterceptor>): ServerInterceptingCall {
    let open: OpenCall | undefined;
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, pass) => {
            open = this.#claim(metadata, definition.requestStream);
            pass(metadata);
          },
          onReceiveMessage: (message: unknown, pass) => {
            open?.bytes.decoded(receivedBytes(message));
            pass(message);
          },
          // Where the library starts a call with one request.
          onReceiveHalfClose: (pass) => this.#start(open, pass),
        }),
      sendMessage: (message: unknown, next) => {
        // The library ends a stream over a message that it cannot unpack; a write after that would keep it open for good.
        if (open?.stream.writableEnded !== true) {
          open?.bytes.answered();
          next(message);
          open?.countUnsent();
        }
      },
    });
  }

  #start(open: OpenCall | undefined, start: () => void): void {
    if (open === undefined || open.hasManyMessages) {
      start();
      return;
    }
    const { stream, origin } = open;
    this.#turns.enter(holderOf(origin), { isOver: () => stream.closed || stream.destroyed, start });
  }

  #claim(metadata: Metadata, hasManyMessages: boolean): OpenCall | undefined {
    const open = this.#open.get(String(metadata.get(callKey)[0]));
    metadata.remove(callKey);
    if (open !== undefined) {
      open.hasManyMessages = hasManyMessages;
    }
    return open;
  }

  /** Ends what has stalled, and lets go of what has ended without a word. */
  #sweep(): void {
    const { clock, config } = this.#parts;
    const nowMs = clock.nowMs();
    this.#connections.sweep();
    for (const open of this.#open.list()) {
      const { stream, bytes } = open;
      if (stream.destroyed) {
        this.#open.close(open);
        continue;
      }
      bytes.setUnsent(stream.writableLength);
      if (open.isOver(nowMs)) {
        stream.close(constants.NGHTTP2_NO_ERROR);
        continue;
      }
      const stall = this.#refusals.has(stream)
        ? undefined
        : open.findStall(nowMs, config.messageMs);
      if (stall !== undefined) {
        this.#refusals.refuse(stream, stalled(stall, config.messageMs));
      }
    }
    this.#refusals.sweep();
  }
}

/** For whom bytes are held and turns are taken. */
function holderOf({ isNamed, holder, connection }: CallOrigin): string {
  return isNamed ? holder : connection;
}

/** The types leave out that a server's stream has a server's session. */
function serverSession(stream: ServerHttp2Stream): ServerHttp2Session | undefined {
  return stream.session as ServerHttp2Session | undefined;
}
