/**
 * The messages between the main thread and its workers. Expected failures are values, because an
 * error that is thrown loses its fields at the boundary.
 */
import type { DeviceSlot } from '../../config/config.ts';
import type { FileStamps, Manifest } from '../../model/manifest.ts';
import type { PackedBatch } from '../../batch/packed-batch.ts';
import type { EncodeLimits, EncodeOutcome, EncodeTask } from '../../encode/encode.ts';

/** `workerData` of workers/infer.ts. */
export interface InferWorkerData {
  readonly modelDir: string;
  readonly manifest: Manifest;
  readonly slot: DeviceSlot;
  /** Stamps of the verified files. When undefined, loading reads and verifies the files. */
  readonly verified?: FileStamps | undefined;
  /** The arena of candidates' states, if the model serves with them. */
  readonly states?: SharedArrayBuffer | undefined;
}

/**
 * `load` opens the session, once, before any `run`. The thread starts without one, so that a thread
 * that replaces a crashed one is cheap and safe to end. `unload` releases the session. Runs are
 * answered in order.
 */
export type InferMessage =
  | { readonly kind: 'load' }
  | { readonly kind: 'run'; readonly batch: PackedBatch }
  | { readonly kind: 'unload' };

export type InferReply =
  | { readonly kind: 'loaded' }
  | {
      readonly kind: 'ran';
      /** The yes and no logits of each candidate, [N, 2]. */
      readonly logits: Float32Array;
      readonly runMs: number;
    }
  /**
   * Answers `unload`, and a `run` without a session, which means that a crashed thread was
   * replaced.
   */
  | { readonly kind: 'unloaded' }
  | { readonly kind: 'failed'; readonly message: string; readonly fault: RunFault };

/**
 * The cause of a failed run. After a fault of the device, later runs would fail too; `memory` means
 * that there was too little for this batch; `batch` is the batch's own fault.
 */
export type RunFault = 'device' | 'memory' | 'batch';

/** `workerData` of workers/encode.ts. */
export interface EncodeWorkerData {
  readonly modelDir: string;
  readonly manifest: Manifest;
  readonly limits: EncodeLimits;
}

export type EncodeMessage =
  | { readonly kind: 'encode'; readonly task: EncodeTask }
  | { readonly kind: 'tokenize'; readonly texts: readonly string[] };

/**
 * `encoded` answers `encode`, `tokenized` answers `tokenize`; `failed` is never the request's
 * fault.
 */
export type EncodeReply =
  | { readonly kind: 'encoded'; readonly outcome: EncodeOutcome }
  | { readonly kind: 'tokenized'; readonly ids: readonly Int32Array[] }
  | { readonly kind: 'failed'; readonly message: string };
