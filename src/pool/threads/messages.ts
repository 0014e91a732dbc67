/** What crosses a thread boundary, both ways. Expected failures are values: an error thrown loses its fields. */
import type { DeviceSlot } from '../../config/config.ts';
import type { FileStamps, Manifest } from '../../model/manifest.ts';
import type { PackedBatch } from '../../batch/packed-batch.ts';
import type { EncodeLimits, EncodeOutcome, EncodeTask } from '../../encode/encode.ts';

/** `workerData` of workers/infer.ts. */
export interface InferWorkerData {
  readonly modelDir: string;
  readonly manifest: Manifest;
  readonly slot: DeviceSlot;
  /** The files when they were known to be the manifest's; they are read and compared at the load when undefined. */
  readonly verified?: FileStamps | undefined;
}

/**
 * `load` opens the session, once, before any `run`; the thread starts without one, so that a thread which takes the
 * place of a crashed one is cheap and can be ended safely. `unload` releases it. Runs are answered in order.
 */
export type InferMessage =
  | { readonly kind: 'load' }
  | { readonly kind: 'run'; readonly batch: PackedBatch }
  | { readonly kind: 'unload' };

export type InferReply =
  | { readonly kind: 'loaded' }
  | {
      readonly kind: 'ran';
      /** yes and no logits of each candidate. [N, 2] */
      readonly logits: Float32Array;
      readonly runMs: number;
    }
  /** Answers `unload`, and a `run` that finds no session: the thread took the place of a crashed one. */
  | { readonly kind: 'unloaded' }
  | { readonly kind: 'failed'; readonly message: string; readonly fault: RunFault };

/**
 * What a failed run says of its replica: the device is at fault and so is every run to come (`device`), this batch
 * found no memory (`memory`), or it is the batch's own fault.
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

/** Of the kind of the message it answers; `failed` is a fault of ours, never of the request. */
export type EncodeReply =
  | { readonly kind: 'encoded'; readonly outcome: EncodeOutcome }
  | { readonly kind: 'tokenized'; readonly ids: readonly Int32Array[] }
  | { readonly kind: 'failed'; readonly message: string };
