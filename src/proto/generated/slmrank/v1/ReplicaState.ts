// Original file: proto/slmrank/v1/admin.proto


export interface WireReplicaStateInput {
  /**
   * "cpu#0", "cuda:1", "cuda:0#1"
   */
  'slot'?: (string);
  /**
   * "loading": not warmed up yet. "ready": gets batches. "failed": will soon be loaded again
   * automatically. "quarantined": not used until it is released, or for ten minutes if it failed
   * too often. "draining": finishes its batches. "closed": its thread has ended.
   */
  'phase'?: (string);
  /**
   * How long it has been in this phase.
   */
  'phaseSeconds'?: (number | string);
  /**
   * Failures since it last ran a batch of requests.
   */
  'failures'?: (number);
  /**
   * Why it failed or is quarantined; otherwise empty.
   */
  'reason'?: (string);
  /**
   * Batches it has run since it was added, without warm-ups.
   */
  'batches'?: (number);
  /**
   * Batches that it has now: at most one running and one prepared.
   */
  'running'?: (number);
  /**
   * Predicted milliseconds that those batches need together.
   */
  'queuedMs'?: (number | string);
  /**
   * ONNX Runtime threads of the slot.
   */
  'threads'?: (number);
}

export interface WireReplicaState {
  /**
   * "cpu#0", "cuda:1", "cuda:0#1"
   */
  'slot': (string);
  /**
   * "loading": not warmed up yet. "ready": gets batches. "failed": will soon be loaded again
   * automatically. "quarantined": not used until it is released, or for ten minutes if it failed
   * too often. "draining": finishes its batches. "closed": its thread has ended.
   */
  'phase': (string);
  /**
   * How long it has been in this phase.
   */
  'phaseSeconds': (number);
  /**
   * Failures since it last ran a batch of requests.
   */
  'failures': (number);
  /**
   * Why it failed or is quarantined; otherwise empty.
   */
  'reason': (string);
  /**
   * Batches it has run since it was added, without warm-ups.
   */
  'batches': (number);
  /**
   * Batches that it has now: at most one running and one prepared.
   */
  'running': (number);
  /**
   * Predicted milliseconds that those batches need together.
   */
  'queuedMs': (number);
  /**
   * ONNX Runtime threads of the slot.
   */
  'threads': (number);
}
