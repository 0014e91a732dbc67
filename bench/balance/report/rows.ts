import type { Account } from './account.ts';

/** What a way did at one load, over all rounds. */
export interface SteadyRow {
  readonly way: string;
  readonly load: number;
  readonly account: Account;
  /** Of the answered requests, each server's share. */
  readonly shares: readonly number[];
  /** Each server's share of the weights that its last report gives. */
  readonly weights: readonly number[];
}

/** What a way did while servers were killed, drained and started. */
export interface EventsRow {
  readonly way: string;
  /** Of all calls. */
  readonly whole: Account;
  /** From each event to the next; the first is before all events. */
  readonly phases: readonly { readonly what: string; readonly account: Account }[];
  /** Candidates ranked in time in each second. */
  readonly perSecond: readonly number[];
  /** When each event was over, in seconds: a start takes a while, and a drain too. */
  readonly doneSeconds: readonly number[];
  /** Seconds from a cold start's end to the server's first call; undefined through Envoy. */
  readonly firstCallSeconds: readonly (number | undefined)[];
}
