/** Where a replica runs. Several may share a device (`cuda:0#1`). */
export interface DeviceSlot {
  /** "cpu#0", "cuda:0", "cuda:0#1" */
  readonly name: string;
  readonly provider: 'cpu' | 'cuda';
  /** Index among the provider's devices; 0 for cpu. */
  readonly deviceId: number;
  /** ONNX Runtime intra-op threads of this slot. */
  readonly threads: number;
}

/** The server's settings, parsed once and frozen. */
export interface Config {
  readonly address: string;
  /** Folder of the built model. */
  readonly model: string;
  readonly devices: readonly DeviceSlot[];
  /** Threads that tokenize. */
  readonly encoders: number;
  /** Most packed tokens in one batch. */
  readonly tokenBudget: number;
  /** Longest a candidate waits for company, in milliseconds. */
  readonly lingerMs: number;
  /** The queue's bounds: candidates and packed tokens admitted and not yet answered. */
  readonly queuedCandidates: number;
  readonly queuedTokens: number;
  /** Bounds of one request. */
  readonly candidates: number;
  readonly textBytes: number;
  readonly requestBytes: number;
  readonly prefixTokens: number;
  readonly candidateTokens: number;
  readonly streamUnanswered: number;
  /** Longest any call may take, whatever its deadline says. */
  readonly maxCallMs: number;
  /** Longest a drain waits for admitted work. */
  readonly drainMs: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}
