import type { EventsRow, SteadyRow } from './rows.ts';
import type { Account } from './account.ts';

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const ms = (value: number | undefined) => (value === undefined ? '-' : value.toFixed(0));
const parts = (shares: readonly number[]) =>
  shares.map((share) => (100 * share).toFixed(0)).join('/');

export const steadyHead = [
  'way',
  'load',
  'goodput',
  'in time',
  'late',
  'refused',
  'failed',
  'p50 ms',
  'p99 ms',
  'calls',
  'weights',
  'lag p99',
] as const;

/** One row for each way and load, in the order of `steadyHead`. */
export function steadyTable(rows: readonly SteadyRow[]): readonly (readonly string[])[] {
  return rows.map(({ way, load, account, shares, weights }) => [
    way,
    String(load),
    account.goodput.toFixed(0),
    ...endsOf(account),
    ms(account.latencyMs?.p50),
    ms(account.latencyMs?.p99),
    parts(shares),
    parts(weights),
    ms(account.lagMs?.p99),
  ]);
}

export const eventsHead = [
  'way',
  'in time',
  'late',
  'refused',
  'failed',
  'p99 ms',
  'killed',
  'cold',
  'drains',
  'cold again',
  'first calls s',
  'lag p99',
] as const;

/** One row for each way; the columns of the events have the calls in time until the next event. */
export function eventsTable(rows: readonly EventsRow[]): readonly (readonly string[])[] {
  return rows.map(({ way, whole, phases, firstCallSeconds }) => [
    way,
    ...endsOf(whole),
    ms(whole.latencyMs?.p99),
    ...phases.slice(1).map(({ account }) => percent(account.ends.ok / account.calls)),
    firstCallSeconds.map((seconds) => seconds?.toFixed(1) ?? '-').join(', '),
    ms(whole.lagMs?.p99),
  ]);
}

function endsOf({ ends, calls }: Account): readonly string[] {
  const { ok, late, refused, failed } = ends;
  return [percent(ok / calls), String(late), String(refused), String(failed)];
}
