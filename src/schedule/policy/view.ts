/** Which candidates run next, where, and when: pure, so that it can be replaced, simulated, and tested with tables. */

export interface WaitingCandidate {
  /** Its place in the request. */
  readonly index: number;
  /** Tokens of candidate and suffix. */
  readonly length: number;
  /** The padded length it is grouped under. */
  readonly bucket: number;
}

/** An unanswered request. Some, all, or none of its candidates still wait; the rest are running or scored. */
export interface WaitingRequest {
  readonly deadlineMs: number;
  readonly arrivedMs: number;
  readonly prefixTokens: number;
  /** By ascending bucket, then in the order given. */
  readonly waiting: readonly WaitingCandidate[];
  /** Sum of the waiting candidates' lengths. */
  readonly waitingTokens: number;
  /** Sum of the waiting candidates' attention-tile slots. */
  readonly waitingSlots: number;
  /** Candidates in batches that have not ended. */
  readonly running: number;
  readonly partialOk: boolean;
  /** It is more than its client's share while others share the server: they may come at any moment, and go first. */
  readonly standsBack: boolean;
}

/** A ready replica and what it holds: the running batch first, then the prepared one. */
export interface ReplicaLoad {
  readonly name: string;
  readonly batches: number;
  readonly packedTokens: number;
  /** When it should have ended all it holds; of the past when it is idle or late. */
  readonly busyUntilMs: number;
  /** Most packed tokens it takes in one batch after it ran out of memory. */
  readonly tokenCap: number;
  /** The first bucket of its last batch. */
  readonly lastBucket: number;
}

export interface ScheduleView<Request extends WaitingRequest, Replica extends ReplicaLoad> {
  /** Every unanswered interactive request, in the order in which their turns come. */
  readonly requests: readonly Request[];
  /** The deferrable ones, likewise: they run when no interactive one waits. */
  readonly deferrable: readonly Request[];
  readonly replicas: readonly Replica[];
  /** Mean time between the newest arrivals. */
  readonly arrivalGapMs: number;
  /** Milliseconds of a run, 0 when unknown. */
  readonly estimateMs: EstimateMs;
}

export type EstimateMs = (
  size: { readonly packedTokens: number; readonly slots?: number },
  replica: string,
) => number;

/** The first `count` of a request's waiting candidates. */
export interface Pick<Request> {
  readonly request: Request;
  readonly count: number;
}
