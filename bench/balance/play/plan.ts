/** What a generator does: sends calls through one channel at given moments, an open loop. */
export interface Plan {
  /** HOST:PORT of each server. */
  readonly addresses: readonly string[];
  /** The channel's gRPC service config, as JSON. */
  readonly serviceConfig: string;
  /** Pings of connections with calls: how often, and how long an answer may take. */
  readonly keepalive?: { readonly timeMs: number; readonly timeoutMs: number } | undefined;
  /** The method's path. */
  readonly method: string;
  /** Time allowed from the due moment on. */
  readonly deadlineMs: number;
  /** Serialized requests. */
  readonly messages: readonly Uint8Array[];
  /** Ascending, from the start. `message` is a place in `messages`. */
  readonly arrivals: readonly { readonly atMs: number; readonly message: number }[];
}

/** A call as its client saw it. Moments count from the start of the plan. */
export interface CallEnd {
  readonly dueAtMs: number;
  readonly sentAtMs: number;
  readonly endedAtMs: number;
  /** gRPC status by name, `OK` included. */
  readonly status: string;
  /** HOST:PORT of the other side; '' when none was reached. */
  readonly server: string;
  readonly message: number;
}

/** Plays a plan. `onStart` is called when the plan's clock begins; resolves when all have ended. */
export type Play = (plan: Plan, onStart: () => void) => Promise<readonly CallEnd[]>;
