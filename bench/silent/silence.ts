import type { CallEnd } from '../balance/play/plan.ts';

/** What a silent server cost the callers. */
export interface Silence {
  /** Calls that were due while it was silent. */
  readonly calls: number;
  readonly failed: number;
  /** When the last of them was due, from the beginning of the silence. */
  readonly lastFailedSeconds: number | undefined;
  /** Failed calls that were due after the silence. */
  readonly failedLater: number;
  /** Of all failed calls, by status. */
  readonly statuses: Readonly<Record<string, number>>;
}

export function describeSilence(
  ends: readonly CallEnd[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Silence {
  const during = ends.filter(({ dueAtMs }) => dueAtMs >= fromMs && dueAtMs < toMs);
  const failed = ends.filter(({ status }) => status !== 'OK');
  const failedThen = during.filter(({ status }) => status !== 'OK');
  const last = Math.max(...failedThen.map(({ dueAtMs }) => dueAtMs));
  const statuses: Record<string, number> = {};
  for (const { status } of failed) {
    const { [status]: known = 0 } = statuses;
    statuses[status] = known + 1;
  }
  return {
    calls: during.length,
    failed: failedThen.length,
    lastFailedSeconds: failedThen.length === 0 ? undefined : (last - fromMs) / 1000,
    failedLater: failed.filter(({ dueAtMs }) => dueAtMs >= toMs).length,
    statuses,
  };
}
