import { at } from '../../../src/base/at.ts';
import { quantiles, type Quantiles } from '../../load/summary.ts';
import type { CallEnd } from '../play/plan.ts';

/** How a call ended, for its caller. */
export const callEnds = ['ok', 'late', 'refused', 'failed'] as const;
export type CallKind = (typeof callEnds)[number];

/** Late: the deadline passed. Refused: for load, at once. Failed: anything else. */
export function kindOf({ status }: Pick<CallEnd, 'status'>): CallKind {
  switch (status) {
    case 'OK':
      return 'ok';
    case 'DEADLINE_EXCEEDED':
      return 'late';
    case 'RESOURCE_EXHAUSTED':
      return 'refused';
    default:
      return 'failed';
  }
}

/** What a way did in one stretch of time. */
export interface Account {
  readonly calls: number;
  readonly seconds: number;
  readonly ends: Readonly<Record<CallKind, number>>;
  /** Statuses of failed calls. */
  readonly failures: Readonly<Record<string, number>>;
  /** Candidates ranked in time, per second. */
  readonly goodput: number;
  /** Of the calls that ended well, from the due moment; undefined if there were none. */
  readonly latencyMs: Quantiles | undefined;
  /** How late the generator sent. */
  readonly lagMs: Quantiles | undefined;
}

export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  /** How many runs of the same plan the ends are from. */
  readonly runs?: number;
}

/** Accounts for the calls that were due in a stretch: all of them, each once. */
export function account(
  ends: readonly CallEnd[],
  candidates: readonly number[],
  { fromMs, toMs, runs = 1 }: Stretch,
): Account {
  const due = ends.filter(({ dueAtMs }) => dueAtMs >= fromMs && dueAtMs < toMs);
  const good = due.filter((end) => kindOf(end) === 'ok');
  const seconds = (runs * (toMs - fromMs)) / 1000;
  const ranked = good.reduce((sum, { message }) => sum + at(candidates, message), 0);
  const kinds = { ok: 0, late: 0, refused: 0, failed: 0 };
  const failures: Record<string, number> = {};
  for (const end of due) {
    const kind = kindOf(end);
    kinds[kind] += 1;
    if (kind === 'failed') {
      const { [end.status]: known = 0 } = failures;
      failures[end.status] = known + 1;
    }
  }
  const some = (values: readonly number[]) => (values.length === 0 ? undefined : quantiles(values));
  return {
    calls: due.length,
    seconds,
    ends: kinds,
    failures,
    goodput: ranked / seconds,
    latencyMs: some(good.map(({ dueAtMs, endedAtMs }) => endedAtMs - dueAtMs)),
    lagMs: some(due.map(({ dueAtMs, sentAtMs }) => Math.max(0, sentAtMs - dueAtMs))),
  };
}

/** Candidates ranked in time in each second, by the second in which the call was due. */
export function timeline(
  ends: readonly CallEnd[],
  candidates: readonly number[],
  seconds: number,
): readonly number[] {
  const sums = new Array<number>(seconds).fill(0);
  for (const end of ends) {
    const second = Math.floor(end.dueAtMs / 1000);
    if (kindOf(end) === 'ok' && second < seconds) {
      sums[second] = at(sums, second) + at(candidates, end.message);
    }
  }
  return sums;
}
