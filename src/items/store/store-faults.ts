import { messageOf, RankError } from '../../base/errors.ts';

/** Codes of the system for a disk without room: ENOSPC, EFBIG, EDQUOT. */
const fullCodes = new Map([
  [28, 'the disk is full (ENOSPC)'],
  [27, 'the file may not grow further (EFBIG)'],
  // LMDB's word for a write that was cut off, as by a disk that became full in the middle of it.
  [5, 'the disk is full or faulty (EIO)'],
  [122, 'the disk quota is used up (EDQUOT)'],
]);

/** No retry time: somebody has to make room first. */
export function storeFull(found: string, cause?: unknown): RankError {
  return new RankError('overloaded', `${found}: items are read, but not written`, {
    reason: 'ITEMS_FULL',
    retryAfterMs: Number.POSITIVE_INFINITY,
    cause,
  });
}

/** The error for a failed transaction, of which nothing was written. */
export function storeFault(error: unknown, folder: string): RankError {
  if (error instanceof RankError) {
    return error;
  }
  const full = fullCodes.get((error as { readonly code?: number }).code ?? 0);
  return full === undefined
    ? new RankError('unavailable', `the item store cannot be written: ${messageOf(error)}`, {
        reason: 'ITEMS_NOT_WRITTEN',
        cause: error,
      })
    : storeFull(`${folder}: ${full}`, error);
}
