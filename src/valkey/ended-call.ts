export const valkeyOperations = ['get', 'set', 'run'] as const;
export type ValkeyOperation = (typeof valkeyOperations)[number];

/**
 * How a call ended: answered; answered with an error; no answer in time; the connection broke; or
 * not sent, because there is no connection, the breaker is open, or too much is in flight.
 */
export const callOutcomes = [
  'answered',
  'refused',
  'timeout',
  'broken',
  'offline',
  'open',
  'full',
] as const;
export type CallOutcome = (typeof callOutcomes)[number];

export interface EndedCall {
  readonly operation: ValkeyOperation;
  readonly outcome: CallOutcome;
  /** Undefined if it was not sent. */
  readonly ms?: number;
}

/** A server that is full refuses writes and still answers reads. */
export function isGood(outcome: CallOutcome, operation: ValkeyOperation): boolean {
  return outcome === 'answered' || (outcome === 'refused' && operation !== 'get');
}

/** Of a call that the connection has rejected. */
export function outcomeOf(error: unknown): CallOutcome {
  return isRefusal(error) ? 'refused' : 'broken';
}

/** Whether it is the server's answer. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}
