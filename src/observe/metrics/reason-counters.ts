import { type Reason, reasons } from '../../base/errors.ts';

/**
 * The counters in which each reason is exported as zero from the start; others appear when they
 * occur. A new reason does not compile before it is listed here.
 */
const reasonCounters: Readonly<Record<Reason, readonly ('rejects' | 'calls' | 'failures')[]>> = {
  QUEUE_FULL: ['rejects'],
  CLIENT_SHARE: ['rejects', 'calls'],
  PREDICTED_LATE: ['rejects'],
  TOO_LARGE_FOR_DEADLINE: ['rejects'],
  QUOTA_EXCEEDED: ['rejects'],
  TOO_MANY_CALLS: ['calls'],
  BYTES_IN_FLIGHT: ['calls'],
  METADATA_TOO_LARGE: ['calls'],
  STALLED: ['calls'],
  INVALID_REQUEST: ['rejects'],
  MODEL_NOT_FOUND: ['rejects'],
  ITEM_NOT_FOUND: [],
  API_KEY_INVALID: ['calls'],
  AUTHORITY_CHANGED: [],
  FAILED_PRECONDITION: [],
  STARTING: ['rejects'],
  DRAINING: ['rejects'],
  NOT_SERVING: ['rejects'],
  WRONG_FINGERPRINT: ['rejects'],
  ITEMS_OFF: [],
  ITEMS_FULL: [],
  ITEMS_NOT_WRITTEN: [],
  DROPPED_LATE: [],
  DEADLINE_PASSED: [],
  CANCELLED: [],
  REPLICA_FAILED: ['failures'],
  SCORE_NOT_A_NUMBER: ['failures'],
  INTERNAL: ['failures'],
  CHANGE_UNDER_WAY: [],
  SLOT_NOT_FOUND: [],
  LAST_REPLICA: [],
  FOLDER_HANGS: [],
  MODEL_CANNOT_ANSWER: [],
};

export const rejectReasons = reasonsIn('rejects');
/** Of calls that were refused before a request was read. */
export const callReasons = reasonsIn('calls');
export const failureReasons = reasonsIn('failures');

function reasonsIn(counter: 'rejects' | 'calls' | 'failures'): readonly Reason[] {
  return reasons.filter((reason) => reasonCounters[reason].includes(counter));
}
