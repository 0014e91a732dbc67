/** What the policy sees: waiting requests, and replicas with the batches they hold. */

export interface WaitingCandidate {
  /** Its index in the request. */
  readonly index: number;
  /** The cost of its segment: tokens of the candidate and its suffix. */
  readonly length: number;
  /** The padded length it is grouped under. */
  readonly bucket: number;
}

/** An unanswered request. Its candidates wait, run, or have been scored, in any mixture. */
export interface WaitingRequest {
  readonly deadlineAtMs: number;
  readonly arrivedAtMs: number;
  readonly prefixTokens: number;
  /** By ascending bucket, then in the request's order. */
  readonly waiting: readonly WaitingCandidate[];
  /** Sum of the waiting candidates' lengths. */
  readonly waitingTokens: number;
  /** Sum of the waiting candidates' attention-tile slots. */
  readonly waitingSlots: number;
  /** Candidates in batches that have not ended. */
  readonly running: number;
  readonly partialOk: boolean;
  /** Whether it exceeds its client's fair share, so that other clients' requests run first. */
  readonly isOverShare: boolean;
  /** Whether it never counts as interactive, however long it waits. */
  readonly isSpareWork?: boolean;
}

/** A ready replica and the batches it holds: the running one first, then the prepared one. */
export interface ReplicaLoad {
  readonly name: string;
  readonly batches: number;
  readonly packedTokens: number;
  /** When it is predicted to have run all its batches. In the past if it is idle or overdue. */
  readonly freeAtMs: number;
  /** Most packed tokens it can take in one batch, lowered when it runs out of memory. */
  readonly tokenCap: number;
  /** The first bucket of its last batch. */
  readonly lastBucket: number;
}

export interface ScheduleView<Request extends WaitingRequest, Replica extends ReplicaLoad> {
  /** Every unanswered interactive request, in queue order. */
  readonly requests: readonly Request[];
  /**
   * Every unanswered deferrable request, in queue order. They run when no interactive one waits.
   */
  readonly deferrable: readonly Request[];
  readonly replicas: readonly Replica[];
  /** Mean time between recent arrivals. */
  readonly arrivalGapMs: number;
  readonly estimateMs: EstimateMs;
}

/** How much of a batch there is to compute; without `slots`, as many as usual for the tokens. */
export interface BatchSize {
  readonly packedTokens: number;
  readonly slots?: number;
}

/** Predicted milliseconds of one run on this replica; 0 while nothing is known. */
export type EstimateMs = (size: BatchSize, replica: string) => number;

/** The first `count` of a request's waiting candidates. */
export interface Selection<Request> {
  readonly request: Request;
  readonly count: number;
}
