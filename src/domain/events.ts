import type { Reason } from '../base/errors.ts';

/**
 * Events of the serving path, each reported once, when it happens. src/observe turns them into
 * metrics, traces and logs. No event contains a client's text.
 */

export const priorityClasses = ['interactive', 'deferrable'] as const;
export type PriorityClass = (typeof priorityClasses)[number];

/** How a request ended. Every request ends in exactly one of these. */
export const outcomes = [
  'scored',
  'partial',
  'rejected',
  'expired',
  'cancelled',
  'failed',
] as const;
export type Outcome = (typeof outcomes)[number];

/** The phases of a replica's life; see `ReplicaState` for what each one means. */
export const phases = ['loading', 'ready', 'draining', 'failed', 'quarantined', 'closed'] as const;
export type Phase = (typeof phases)[number];

export type ServingEvent =
  /** A request has been answered, or nobody is left to answer. Told for each request that reached us, once. */
  | {
      readonly kind: 'ended';
      readonly outcome: Outcome;
      /** Of the error; undefined when the request was answered. */
      readonly reason: Reason | undefined;
      readonly requestId: string;
      readonly method: 'Rank' | 'RankStream';
      readonly client: string;
      readonly priority: PriorityClass;
      readonly candidates: number;
      readonly scored: number;
      readonly cached: number;
      readonly truncated: number;
      /** Of an answered request. */
      readonly skipped?: SkipCounts;
      readonly packedTokens: number;
      /** Whether the answer was ready before the caller's deadline. */
      readonly inTime: boolean;
      /** Clock milliseconds. */
      readonly startedMs: number;
      readonly encodeMs: number;
      readonly queueMs: number;
      readonly runMs: number;
      readonly totalMs: number;
      /** W3C trace context as received. */
      readonly traceparent: string | undefined;
    }
  /** A batch has run. */
  | {
      readonly kind: 'batch';
      readonly replica: string;
      /** The largest bucket in it. */
      readonly bucket: number;
      readonly candidates: number;
      readonly packedTokens: number;
      readonly predictedMs: number;
      readonly runMs: number;
      /** Attention-tile slots: of real rows and keys, and all that were computed. */
      readonly realSlots: number;
      readonly paddedSlots: number;
    }
  /** A batch was lost with its replica, or refused by it. */
  | { readonly kind: 'batch-failed'; readonly replica: string; readonly reason: string }
  /** Candidates put back into the queue after their replica failed. */
  | { readonly kind: 'retried'; readonly candidates: number }
  /** The model of new requests from now on; of the first one there is none. */
  | {
      readonly kind: 'model';
      readonly model: string;
      readonly fingerprint: string;
      readonly precision: string;
      /** Padded lengths, ascending. */
      readonly buckets: readonly number[];
    }
  | {
      readonly kind: 'replica';
      readonly replica: string;
      readonly phase: Phase;
      readonly reason: string | undefined;
    };

export type Tell = (event: ServingEvent) => void;

export type SkipReason = (typeof skipReasons)[number];

/** How many were skipped for each reason that occurred. */
export type SkipCounts = Readonly<Partial<Record<SkipReason, number>>>;

/**
 * Why a candidate cannot be scored: it has no text, none that can be read, or more than may be read where nothing may be
 * cut.
 */
export const skipReasons = ['EMPTY', 'BLANK', 'TOO_LONG'] as const;
