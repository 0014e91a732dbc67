import type { ServerHttp2Session } from 'node:http2';

/** Looks in a row that must find the same before a connection counts as over. */
const stuckLooks = 2;
/** Silent looks before the first ping; after each one twice as many, up to the longest wait. */
const firstWait = 2;
const longestWait = 32;
/** An answered ping, with what TLS adds. */
const pongBytes = 64;

/**
 * Finds connections that are over without a word. After some framing errors (a frame larger than
 * allowed, DATA on stream 0, bad padding) the HTTP/2 library below Node says GOAWAY to the client and
 * then reads and writes no more, and Node tells nobody: not even that the socket has closed (Node
 * 20.20). What shows it is that a frame of ours stays in its queue although the socket takes bytes.
 * So a connection from which nothing comes is pinged now and then. Whether the client answers does
 * not matter. A connection that is closing is let be: Node cancels its pings.
 */
export class ConnectionProbe {
  readonly #session: ServerHttp2Session;
  #bytesRead = 0;
  #bytesWritten = 0;
  #silentLooks = 0;
  #wait = firstWait;
  #stuckLooks = 0;
  #ping: 'none' | 'sent' | 'answered' = 'none';

  constructor(session: ServerHttp2Session) {
    this.#session = session;
  }

  /** To be asked about once a second. */
  isOver(): boolean {
    const session = this.#session;
    if (session.destroyed || session.closed) {
      return false;
    }
    const { bytesRead, bytesWritten } = session.socket;
    const come = bytesRead - this.#bytesRead;
    const isStill = come === 0 && bytesWritten === this.#bytesWritten;
    this.#bytesRead = bytesRead;
    this.#bytesWritten = bytesWritten;
    this.#countSilence(come);
    const { outboundQueueSize = 0 } = come === 0 ? session.state : {};
    const isStuck = isStill && outboundQueueSize > 0 && !isWriting(session);
    this.#stuckLooks = isStuck ? this.#stuckLooks + 1 : 0;
    return this.#stuckLooks >= stuckLooks;
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
      this.#ping = 'sent';
      this.#session.ping(() => {
        this.#ping = 'answered';
      });
    }
  }
}

/**
 * Whether bytes wait for the client to take them: a client that is slow to read is not over. Node has
 * no public word for it; where the private one is missing, every client counts as slow.
 */
function isWriting({ socket }: ServerHttp2Session): boolean {
  const { _handle: handle } = socket as {
    readonly _handle?: { readonly writeQueueSize?: unknown };
  };
  return handle?.writeQueueSize !== 0;
}
