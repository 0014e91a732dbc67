/**
 * Facts that the serving path tells of itself, each once, when it happens. Metrics, traces and logs are made of them
 * in src/observe and nowhere else; no fact holds a caller's text.
 */

export type PriorityClass = 'interactive' | 'deferrable';

/** How a request ended: exactly one of these, whatever happened on the way. */
export type Outcome = 'scored' | 'partial' | 'rejected' | 'expired' | 'cancelled' | 'failed';

export type ServingEvent =
  /** A request has been answered, or nobody is left to answer. Told for each request that reached us, once. */
  | {
      readonly kind: 'ended';
      readonly outcome: Outcome;
      /** The error's reason or kind; absent when scored. */
      readonly reason: string | undefined;
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
      readonly phase: 'loading' | 'ready' | 'draining' | 'failed' | 'quarantined' | 'closed';
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
