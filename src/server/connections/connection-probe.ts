import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';

/** Looks in a row that must find the same before a connection counts as over. */
const stuckLooks = 2;
/** Silent looks before the first ping; after each one twice as many, up to the longest wait. */
const firstWait = 2;
const longestWait = 32;
/** An answered ping, with what TLS adds. */
const pongBytes = 64;
/** Looks at a connection without calls after which an unanswered ping means that nobody is there. */
const mostUnanswered = 20;

/**
 * Finds connections that are over without a word. After some framing errors (a frame larger than
 * allowed, DATA on stream 0, bad padding) the HTTP/2 library below Node says GOAWAY to the client and
 * then reads and writes no more, and Node tells nobody: not even that the socket has closed (Node
 * 20.20). What shows it is that a frame of ours stays in its queue although the socket takes bytes.
 * So a connection from which nothing comes is pinged now and then. While calls are open, whether the
 * client answers does not matter. Without calls a client that does not answer is not there, or in the
 * middle of a frame that it never ends. Node sends no pings on a connection that is closing, so that
 * one is asked by SETTINGS that set nothing, which are to be acknowledged just as well.
 */
export class ConnectionProbe {
  readonly #session: ServerHttp2Session;
  readonly #socket: Socket;
  #bytesRead = 0;
  #bytesWritten = 0;
  #silentLooks = 0;
  #wait = firstWait;
  #stuckLooks = 0;
  #ping: 'none' | 'sent' | 'answered' = 'none';
  #unansweredLooks = 0;

  /** The socket is the one that was accepted: below TLS, if there is TLS. */
  constructor(session: ServerHttp2Session, socket: Socket) {
    this.#session = session;
    this.#socket = socket;
  }

  /** To be asked about once a second, with the number of open calls. */
  isOver(calls: number): boolean {
    const session = this.#session;
    if (session.destroyed) {
      return false;
    }
    const { bytesRead, bytesWritten } = session.socket;
    const come = bytesRead - this.#bytesRead;
    const isStill = come === 0 && bytesWritten === this.#bytesWritten;
    this.#bytesRead = bytesRead;
    this.#bytesWritten = bytesWritten;
    this.#countSilence(come);
    const { outboundQueueSize = 0 } = come === 0 ? session.state : {};
    const isStuck = isStill && outboundQueueSize > 0 && !isWriting(this.#socket);
    this.#stuckLooks = isStuck ? this.#stuckLooks + 1 : 0;
    this.#unansweredLooks = this.#ping === 'sent' && calls === 0 ? this.#unansweredLooks + 1 : 0;
    return this.#stuckLooks >= stuckLooks || this.#unansweredLooks >= mostUnanswered;
  }

  #countSilence(come: number): void {
    if (this.#ping === 'answered') {
      this.#ping = 'none';
      this.#wait = Math.min(2 * this.#wait, longestWait);
      if (come <= pongBytes) {
        return;
      }
    }
    this.#silentLooks = come === 0 ? this.#silentLooks + 1 : 0;
    if (come > 0) {
      this.#wait = firstWait;
    } else if (this.#silentLooks >= this.#wait && this.#ping === 'none') {
      this.#silentLooks = 0;
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
 * Whether bytes wait for the client to take them: a client that is slow to read is not over. Node has
 * no public word for it; where the private one is missing, every client counts as slow. That of a TLS
 * socket will not do: what it has left to encrypt when its session is over stays counted.
 */
function isWriting(socket: Socket): boolean {
  const { _handle: handle } = socket as {
    readonly _handle?: { readonly writeQueueSize?: unknown };
  };
  return handle?.writeQueueSize !== 0;
}
