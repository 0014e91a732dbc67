// Original file: proto/slmrank/v1/ranking.proto

/**
 * How urgent a request is relative to other requests on this server.
 */
export const Priority = {
  /**
   * The server's default: interactive.
   */
  PRIORITY_UNSPECIFIED: 'PRIORITY_UNSPECIFIED',
  /**
   * A person is waiting for the answer.
   */
  PRIORITY_INTERACTIVE: 'PRIORITY_INTERACTIVE',
  /**
   * Runs only in capacity that interactive requests do not use. For pre-computation and back-fills.
   */
  PRIORITY_DEFERRABLE: 'PRIORITY_DEFERRABLE',
} as const;

/**
 * How urgent a request is relative to other requests on this server.
 */
export type WirePriorityInput =
  /**
   * The server's default: interactive.
   */
  | 'PRIORITY_UNSPECIFIED'
  | 0
  /**
   * A person is waiting for the answer.
   */
  | 'PRIORITY_INTERACTIVE'
  | 1
  /**
   * Runs only in capacity that interactive requests do not use. For pre-computation and back-fills.
   */
  | 'PRIORITY_DEFERRABLE'
  | 2

/**
 * How urgent a request is relative to other requests on this server.
 */
export type WirePriority = typeof Priority[keyof typeof Priority]
