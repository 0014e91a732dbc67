import type { Client } from '@grpc/grpc-js';
import { at } from '../../../src/base/at.ts';
import type { Account, Answer, ClientKind } from '../core/account.ts';
import type { Place } from '../core/fleet.ts';
import type { List, Page } from '../core/lists.ts';

/** What all clients share. */
export interface Traffic {
  readonly account: Account;
  /** One for all gRPC clients: each call finds the rotation where another has left it. */
  readonly channel: Client;
  readonly lists: readonly List[];
  readonly places: readonly Place[];
  /** The fingerprint of the model that is replaced. */
  readonly old: string;
  readonly nowMs: () => number;
  /** Whether a server has had this model for certain until now. */
  readonly isHeld: (fingerprint: string) => boolean;
  isStopped: boolean;
}

/** How a call ended. */
export type End =
  | Pick<Answer, 'fingerprint' | 'scores' | 'retries'>
  | { readonly error: string; readonly isWrongModel: boolean };

/** The page of a client's nth call. */
export function pageOf({ lists }: Traffic, n: number): Page {
  const pages = lists.flat();
  return at(pages, n % pages.length);
}

/** Counts a call by its end; undefined unless it was answered. */
export function settle(
  traffic: Traffic,
  kind: ClientKind,
  call: Pick<Answer, 'page' | 'pin' | 'sentAtMs'>,
  end: End,
): string | undefined {
  if (!('error' in end)) {
    traffic.account.answer(kind, { ...call, ...end });
    return end.fingerprint;
  }
  if (end.isWrongModel && call.pin !== undefined && !traffic.isHeld(call.pin)) {
    traffic.account.refuse(kind);
  } else {
    traffic.account.fail(kind, end.error);
  }
  return undefined;
}
