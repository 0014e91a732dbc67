import type { Reason } from '../base/errors.ts';
import type { EndedCall } from '../valkey/ended-call.ts';

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
  /** A request was answered, or its client has gone. Exactly one for each request that arrived. */
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
      /** Only for answered requests. */
      readonly skipped?: SkipCounts;
      /** Candidates from the item store by the text that was read; absent when there are none. */
      readonly stored?: Readonly<Partial<Record<TextSource, number>>>;
      readonly packedTokens: number;
      /** Whether the answer was ready before the client's deadline. */
      readonly inTime: boolean;
      /** A moment of the clock. */
      readonly startedAtMs: number;
      readonly encodeMs: number;
      readonly queueMs: number;
      readonly runMs: number;
      readonly totalMs: number;
      /** The W3C trace context of the call. */
      readonly traceparent: string | undefined;
    }
  /** A batch has run. */
  | {
      readonly kind: 'batch';
      readonly replica: string;
      /** Whether it was near-line work alone, which gives way to requests. */
      readonly isSpareWork: boolean;
      /** The largest bucket in the batch. */
      readonly bucket: number;
      readonly candidates: number;
      readonly packedTokens: number;
      readonly predictedMs: number;
      readonly runMs: number;
      /** Attention-tile slots: without padding, and all that were computed. */
      readonly realSlots: number;
      readonly paddedSlots: number;
    }
  /** A batch failed, alone or with its replica. */
  | { readonly kind: 'batch-failed'; readonly replica: string; readonly reason: string }
  /** A request with compressed candidates was scored a second time with whole texts. */
  | {
      readonly kind: 'shadow';
      /** Undefined when it could not be compared: too many waited, or texts were gone. */
      readonly drift:
        | {
            /** Mean of |p(yes | compressed) - p(yes | whole)|. */
            readonly dp: number;
            readonly keepsFirst: boolean;
            /** NDCG@10 of the compressed order where p(yes | whole) is the gain. */
            readonly ndcg10: number;
          }
        | undefined;
    }
  /** A call of the Valkey server that the fleet shares has ended, or was not made. */
  | ({ readonly kind: 'valkey' } & EndedCall)
  /** Candidates were put back into the queue after their replica failed. */
  | { readonly kind: 'retried'; readonly candidates: number }
  /** Another model serves new requests from now on. There is no such event for the first model. */
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

/** The number of skipped candidates for each reason that occurred. */
export type SkipCounts = Readonly<Partial<Record<SkipReason, number>>>;

/**
 * Why a candidate cannot be scored: it has no text, no visible text, too much text for a request
 * that forbids truncation, or only an id, which the item store does not have.
 */
export const skipReasons = ['EMPTY', 'BLANK', 'TOO_LONG', 'UNKNOWN_ID'] as const;

/**
 * Which text of a stored item stands for it: the summary of the near-line compressor or that of the
 * fast one, or the whole text.
 */
export const textSources = ['SUMMARY', 'FALLBACK', 'RAW'] as const;
export type TextSource = (typeof textSources)[number];
