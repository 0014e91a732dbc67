import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';

/** How many checks in a row must find a connection stuck before it counts as over. */
const maxStuckChecks = 2;
/** Silent checks before the first ping; the wait doubles after each ping, up to the longest. */
const firstWait = 2;
const longestWait = 32;
/** The bytes of a ping's answer, TLS included. */
const pongBytes = 64;
/** How many checks a ping may stay unanswered on a connection without calls. */
const maxUnansweredChecks = 20;

/**
 * Finds connections that have died silently. After some framing errors (a frame larger than
 * allowed, DATA on stream 0, bad padding) the HTTP/2 library below Node sends GOAWAY and then
 * neither reads nor writes, and Node emits no event, not even when the socket closes (Node 20.20).
 * The only sign is that our frames stay in its queue although the socket accepts bytes. To have a
 * frame in the queue, the probe pings silent connections. While calls are open, only the queue
 * matters, not whether the client answers. Without calls, a client that does not answer is gone, or
 * never finishes a frame. Node sends no pings on a closing connection, so the probe sends empty
 * SETTINGS there, which clients acknowledge too.
 */
export class ConnectionProbe {
  readonly #session: ServerHttp2Session;
  readonly #socket: Socket;
  #bytesRead = 0;
  #bytesWritten = 0;
  #silentChecks = 0;
  #wait = firstWait;
  #stuckChecks = 0;
  #ping: 'none' | 'sent' | 'answered' = 'none';
  #unansweredChecks = 0;

  /** `socket` is the accepted one, below TLS if there is TLS. */
  constructor(session: ServerHttp2Session, socket: Socket) {
    this.#session = session;
    this.#socket = socket;
  }

  /** Call this about once a second, with the number of open calls. */
  isOver(calls: number): boolean {
    const session = this.#session;
    if (session.destroyed) {
      return false;
    }
    const { bytesRead, bytesWritten } = session.socket;
    const received = bytesRead - this.#bytesRead;
    const isStill = received === 0 && bytesWritten === this.#bytesWritten;
    this.#bytesRead = bytesRead;
    this.#bytesWritten = bytesWritten;
    this.#countSilence(received);
    const { outboundQueueSize = 0 } = received === 0 ? session.state : {};
    const isStuck = isStill && outboundQueueSize > 0 && !isWriting(this.#socket);
    this.#stuckChecks = isStuck ? this.#stuckChecks + 1 : 0;
    this.#unansweredChecks = this.#ping === 'sent' && calls === 0 ? this.#unansweredChecks + 1 : 0;
    return this.#stuckChecks >= maxStuckChecks || this.#unansweredChecks >= maxUnansweredChecks;
  }

  #countSilence(received: number): void {
    if (this.#ping === 'answered') {
      this.#ping = 'none';
      this.#wait = Math.min(2 * this.#wait, longestWait);
      if (received <= pongBytes) {
        return;
      }
    }
    this.#silentChecks = received === 0 ? this.#silentChecks + 1 : 0;
    if (received > 0) {
      this.#wait = firstWait;
    } else if (this.#silentChecks >= this.#wait && this.#ping === 'none') {
      this.#silentChecks = 0;
      this.#send();
    }
  }

  #send(): void {
    const session = this.#session;
    this.#ping = 'sent';
    const onAnswer = () => {
      this.#ping = 'answered';
    };
    if (session.closed) {
      session.settings({}, onAnswer);
    } else {
      session.ping(onAnswer);
    }
  }
}

/**
 * Whether bytes wait for the client to read them, so that it is slow rather than gone. Node has no
 * public property for this; without the private one every client counts as slow. A TLS socket's
 * property cannot be used: it still counts bytes that were left to encrypt when its session ended.
 */
function isWriting(socket: Socket): boolean {
  const { _handle: handle } = socket as {
    readonly _handle?: { readonly writeQueueSize?: unknown };
  };
  return handle?.writeQueueSize !== 0;
}
