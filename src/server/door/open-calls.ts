import { constants, type ServerHttp2Session } from 'node:http2';
import { CallRoom } from './call-room.ts';
import type { OpenCall } from './open-call.ts';

/** How many of the oldest checks are searched for an idle one. */
const searchedChecks = 16;

/** The calls that have begun and are not over. A call ends with its stream or its connection. */
export class OpenCalls {
  /** Decides whether another call may open. */
  readonly room: CallRoom;
  readonly #all = new Map<string, OpenCall>();
  readonly #closes = new Map<OpenCall, () => void>();
  /** Oldest first. */
  readonly #checks = new Set<OpenCall>();
  readonly #bySession = new WeakMap<ServerHttp2Session, Set<() => void>>();
  #last = 0;

  constructor(most: number) {
    this.room = new CallRoom(most);
  }

  get size(): number {
    return this.#all.size;
  }

  get(key: string): OpenCall | undefined {
    return this.#all.get(key);
  }

  list(): readonly OpenCall[] {
    return [...this.#all.values()];
  }

  /**
   * An old check whose request has not arrived yet, since checks with a request are answered at
   * once; the oldest if all of them have a request.
   */
  get idlestCheck(): OpenCall | undefined {
    let left = searchedChecks;
    for (const check of this.#checks) {
      const { state } = check.stream.state;
      if (state !== constants.NGHTTP2_STREAM_STATE_HALF_CLOSED_REMOTE) {
        return check;
      }
      left -= 1;
      if (left === 0) {
        break;
      }
    }
    return this.#checks.values().next().value;
  }

  /** Adds a call until its stream or connection closes. Returns the key for `get`. */
  add(call: OpenCall, session: ServerHttp2Session | undefined, onClose: () => void): string {
    this.#last += 1;
    const key = String(this.#last);
    const ofSession = session === undefined ? undefined : this.#ofSession(session);
    this.#all.set(key, call);
    this.room.enter(call.origin);
    if (call.origin.kind === 'check') {
      this.#checks.add(call);
    }
    const close = () => {
      if (this.#all.delete(key)) {
        this.#closes.delete(call);
        this.#checks.delete(call);
        ofSession?.delete(close);
        this.room.leave(call.origin);
        call.bytes.close();
        onClose();
      }
    };
    this.#closes.set(call, close);
    ofSession?.add(close);
    call.stream.once('close', close);
    return key;
  }

  /** Removes a call, whether or not its stream is closed. */
  close(call: OpenCall): void {
    this.#closes.get(call)?.();
  }

  /** Needed because Node does not close every stream of a connection that fails. */
  #ofSession(session: ServerHttp2Session): Set<() => void> {
    const known = this.#bySession.get(session);
    if (known !== undefined) {
      return known;
    }
    const closes = new Set<() => void>();
    const closeAll = () => [...closes].forEach((close) => close());
    session.once('close', closeAll);
    session.once('error', closeAll);
    this.#bySession.set(session, closes);
    return closes;
  }
}
