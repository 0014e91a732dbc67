// Original file: proto/slmrank/v1/admin.proto


export interface WireReplicaStateInput {
  /**
   * "cpu#0", "cuda:1", "cuda:0#1"
   */
  'slot'?: (string);
  /**
   * "loading": not warm yet. "ready": gets work. "failed": loads again by itself soon. "quarantined": out until it is
   * released, or for ten minutes when it failed too often. "draining": finishes what it holds. "closed": gone.
   */
  'phase'?: (string);
  /**
   * How long it has been in this phase.
   */
  'phaseSeconds'?: (number | string);
  /**
   * Failures in a row: since it last ran a batch of a request.
   */
  'failures'?: (number);
  /**
   * Why it failed or is quarantined; empty otherwise.
   */
  'reason'?: (string);
  /**
   * Batches it has run since it was added, warm-ups not counted.
   */
  'batches'?: (number);
  /**
   * Batches that it holds now: one running and one prepared at most.
   */
  'running'?: (number);
  /**
   * Milliseconds that those are predicted to take together.
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
   * "loading": not warm yet. "ready": gets work. "failed": loads again by itself soon. "quarantined": out until it is
   * released, or for ten minutes when it failed too often. "draining": finishes what it holds. "closed": gone.
   */
  'phase': (string);
  /**
   * How long it has been in this phase.
   */
  'phaseSeconds': (number);
  /**
   * Failures in a row: since it last ran a batch of a request.
   */
  'failures': (number);
  /**
   * Why it failed or is quarantined; empty otherwise.
   */
  'reason': (string);
  /**
   * Batches it has run since it was added, warm-ups not counted.
   */
  'batches': (number);
  /**
   * Batches that it holds now: one running and one prepared at most.
   */
  'running': (number);
  /**
   * Milliseconds that those are predicted to take together.
   */
  'queuedMs': (number);
  /**
   * ONNX Runtime threads of the slot.
   */
  'threads': (number);
}
