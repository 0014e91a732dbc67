import type { PriorityClass } from './events.ts';

/** On whose behalf a request runs, how urgent it is, and how long its caller waits. */
export interface Call {
  /** For fair shares and quotas. Callers without a name share the empty one. */
  readonly client: string;
  readonly priority: PriorityClass;
  /** In the clock's milliseconds; Infinity for no deadline. */
  readonly deadlineAtMs: number;
  /** SLMRANK_MAX_CALL_MS where it ends the call earlier than the caller's own deadline would. */
  readonly maxCallMs?: number | undefined;
  /** Aborted once the caller has disconnected. */
  readonly signal: AbortSignal;
  /** Whether the deadline ends the call with the candidates scored so far instead of an error. */
  readonly partialOk: boolean;
  /**
   * Work of the server's own that no caller waits for. It is deferrable for as long as it takes,
   * and no figure of the queue counts it.
   */
  readonly isSpareWork?: boolean;
}
