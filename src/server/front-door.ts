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
  type ServerCredentials,
  ServerInterceptingCall,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { RankError } from '../errors.ts';
import type { Log } from '../observe/log.ts';
import type { Access } from './access.ts';
import { ByteLedger, CallBytes } from './call-bytes.ts';
import { OpenCall } from './open-call.ts';
import type { ProtoRoot } from './proto-root.ts';
import { mendTimeout } from './timeout-header.ts';
import { presentError, toStatus } from './wire-error.ts';

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
/** Longest that a new connection may take to say that it speaks HTTP/2. */
const greetingMs = 20_000;
const clientCharacters = 256;

/**
 * Stands between the connections and the library, which knows no bound on calls, on bytes or on time: it collects a
 * message of any client for as long as the client likes. Also asks who calls, before anything is read.
 */
export class FrontDoor {
  /** To be given to the server: it hands on what the streams cannot know. */
  readonly interceptor: ServerInterceptor;
  readonly #parts: FrontDoorParts;
  readonly #ledger: ByteLedger;
  readonly #open = new Map<string, OpenCall>();
  readonly #timer: NodeJS.Timeout;
  readonly #refused = new Map<string, number>();
  #lastCall = 0;

  constructor(parts: FrontDoorParts) {
    this.#parts = parts;
    this.#ledger = new ByteLedger(parts.config.bufferedBytes);
    const { messageMs } = parts.config;
    this.#timer = setInterval(() => this.#endStalled(), Math.min(1000, messageMs / 4));
    this.#timer.unref();
    this.interceptor = (definition, call) => {
      let open: OpenCall | undefined;
      return new ServerInterceptingCall(call, {
        start: (next) =>
          next({
            onReceiveMetadata: (metadata, pass) => {
              open = this.#claim(metadata, definition.requestStream);
              pass(metadata);
            },
            onReceiveMessage: (message: unknown, pass) => {
              open?.bytes.decoded();
              pass(message);
            },
          }),
        sendMessage: (message: unknown, next) => {
          open?.bytes.answered();
          next(message);
        },
      });
    };
  }

  get openCalls(): number {
    return this.#open.size;
  }

  /** Calls refused here, by reason: those that no handler saw. */
  get refused(): ReadonlyMap<string, number> {
    return this.#refused;
  }

  get heldBytes(): number {
    return this.#ledger.held;
  }

  /**
   * Guards every address that the server will be bound to. The library has no public way to its HTTP/2 servers: this
   * takes the private one, which the exact version in package.json keeps in place.
   *
   * @throws RankError when it has gone.
   */
  attach(server: Server): void {
    const inner = parseInnerServer(server);
    const create = inner.createHttp2Server.bind(server);
    inner.createHttp2Server = (credentials) => {
      const http2Server = create(credentials);
      this.#guard(http2Server);
      return http2Server;
    };
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #guard(http2Server: Http2Server): void {
    http2Server.maxConnections = this.#parts.config.connections;
    http2Server.on('session', endUngreeted);
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
      this.#assertRoom(headers);
      mendTimeout(headers);
      this.#identify(stream, headers);
    } catch (error) {
      this.#refuse(stream, error);
      return false;
    }
    this.#follow(stream, headers);
    return true;
  }

  /** @throws RankError `overloaded` */
  #assertRoom(headers: IncomingHttpHeaders): void {
    const { openCalls, metadataBytes } = this.#parts.config;
    if (this.#open.size >= openCalls) {
      throw new RankError('overloaded', `${openCalls} calls are open, as many as may be`, {
        reason: 'TOO_MANY_CALLS',
      });
    }
    const bytes = Object.entries(headers).reduce(
      (sum, [name, value]) => sum + name.length + String(value).length,
      0,
    );
    if (bytes > metadataBytes) {
      throw new RankError(
        'invalid-argument',
        `the call has ${bytes} bytes of metadata; at most ${metadataBytes}`,
        { reason: 'METADATA_TOO_LARGE' },
      );
    }
  }

  /** Puts the caller's proven name in place of its own word, and takes the key out of sight. @throws RankError */
  #identify(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const path = headers[':path'] ?? '';
    const name = this.#parts.access.nameOf(path, headers, serverSession(stream));
    if (name !== undefined) {
      headers['x-client-id'] = name.replace(/[^!-~]/g, '_').slice(0, clientCharacters);
    }
    delete headers.authorization;
  }

  #follow(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const bytes = new CallBytes({
      ledger: this.#ledger,
      isCompressed: (headers['grpc-encoding'] ?? 'identity') !== 'identity',
      mostMessageBytes: this.#parts.mostMessageBytes,
    });
    this.#lastCall += 1;
    const key = String(this.#lastCall);
    this.#open.set(key, new OpenCall(stream, bytes, this.#parts.clock.nowMs()));
    headers[callKey] = key;
    stream.on('data', (chunk: Buffer) => {
      if (!stream.closed && !bytes.add(chunk)) {
        this.#refuse(stream, this.#noRoom());
      }
    });
    // The library reads when it is ready to.
    stream.pause();
    stream.once('close', () => {
      this.#open.delete(key);
      bytes.close();
    });
  }

  #claim(metadata: Metadata, hasManyMessages: boolean): OpenCall | undefined {
    const open = this.#open.get(String(metadata.get(callKey)[0]));
    metadata.remove(callKey);
    if (open !== undefined) {
      open.hasManyMessages = hasManyMessages;
    }
    return open;
  }

  #endStalled(): void {
    const { clock, config } = this.#parts;
    const nowMs = clock.nowMs();
    for (const open of [...this.#open.values()]) {
      const stalled = open.findStall(nowMs, config.messageMs);
      if (stalled !== undefined) {
        const what =
          stalled === 'receiving' ? 'a message did not arrive' : 'an answer was not taken';
        this.#refuse(
          open.stream,
          new RankError('deadline-exceeded', `${what} within ${config.messageMs} ms`, {
            reason: 'STALLED',
          }),
        );
      }
    }
  }

  #noRoom(): RankError {
    return new RankError(
      'overloaded',
      `the requests under way hold all of the ${this.#ledger.most} bytes that they may`,
      { reason: 'BYTES_IN_FLIGHT' },
    );
  }

  /** Ends the stream with the error, or, when an answer has begun, breaks it off. The library takes it for a cancel. */
  #refuse(stream: ServerHttp2Stream, thrown: unknown): void {
    const error = presentError(thrown);
    const reason = error.reason ?? error.kind;
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + 1);
    this.#parts.log.debug({ reason }, 'call refused');
    stream.on('error', () => undefined);
    if (stream.closed || stream.destroyed) {
      return;
    }
    if (stream.headersSent) {
      stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
      return;
    }
    const { code, details, metadata } = toStatus(error, '', this.#parts.root);
    stream.respond(
      {
        ':status': 200,
        'content-type': 'application/grpc+proto',
        'grpc-status': String(code),
        'grpc-message': encodeURI(details),
        ...metadata.toHttp2Headers(),
      },
      { endStream: true },
    );
    stream.close(constants.NGHTTP2_NO_ERROR);
  }
}

function endUngreeted(session: ServerHttp2Session): void {
  const timer = setTimeout(() => session.destroy(), greetingMs);
  timer.unref();
  const settle = () => clearTimeout(timer);
  session.once('remoteSettings', settle);
  session.once('close', settle);
}

interface InnerServer {
  createHttp2Server(credentials: ServerCredentials): Http2Server;
}

function parseInnerServer(server: Server): InnerServer {
  const inner = server as unknown as Partial<InnerServer>;
  if (typeof inner.createHttp2Server !== 'function') {
    throw new RankError('internal', 'grpc-js has no createHttp2Server; this is a bug');
  }
  return inner as InnerServer;
}

/** The types leave out that a server's stream has a server's session. */
function serverSession(stream: ServerHttp2Stream): ServerHttp2Session | undefined {
  return stream.session as ServerHttp2Session | undefined;
}
