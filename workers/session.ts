import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { RankError } from '../src/errors.ts';
import type { Manifest } from '../src/manifest.ts';
import type { PackedBatch } from '../src/schedule/batch.ts';
import { feedsOf, logitsOutput } from '../src/schedule/graph-feeds.ts';

/** The only door to ONNX Runtime. */

export interface SessionOptions {
  readonly modelDir: string;
  readonly manifest: Manifest;
  readonly provider: 'cpu' | 'cuda';
  readonly deviceId: number;
  /** Intra-op threads; for the CPU provider. */
  readonly threads: number;
}

export interface RankSession {
  /**
   * Blocks the calling thread until done. The caller owns the logits. [N, 2], yes and no. One that is not finite is
   * the caller's to find: it concerns one candidate, not its neighbours in the batch.
   */
  run(batch: PackedBatch): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Loads a built model on one device. There is no fallback: without the CUDA libraries, `cuda` throws.
 *
 * @throws RankError `unavailable`
 */
export async function openSession(options: SessionOptions): Promise<RankSession> {
  const path = join(options.modelDir, options.manifest.graph.file);
  const session = await createSession(path, options);
  return {
    async run(batch) {
      const outputs = await session.run(toTensors(batch), [logitsOutput]);
      return readLogits(outputs[logitsOutput], batch.scored.length);
    },
    close: () => session.release(),
  };
}

async function createSession(
  path: string,
  options: Pick<SessionOptions, 'provider' | 'deviceId' | 'threads'>,
): Promise<ort.InferenceSession> {
  try {
    return await ort.InferenceSession.create(path, sessionSettings(options));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const slot = options.provider === 'cuda' ? `cuda:${options.deviceId}` : 'cpu';
    throw new RankError('unavailable', `cannot open ${path} on ${slot}: ${reason}`, {
      cause: error,
    });
  }
}

/** Also used by the benches, so that every variant runs as the server does. */
export function sessionSettings({
  provider,
  deviceId,
  threads,
}: Pick<SessionOptions, 'provider' | 'deviceId' | 'threads'>): ort.InferenceSession.SessionOptions {
  return {
    executionProviders: provider === 'cuda' ? [{ name: 'cuda', deviceId }] : ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    // An arena keeps the largest run's memory for ever: 176 MB over 12 mixed runs against 11 MB without, no slower.
    enableCpuMemArena: false,
    enableMemPattern: false,
    logSeverityLevel: 3,
    // A spinning thread takes the core from its neighbour: half the speed on a shared machine, nothing gained on a quiet one.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  };
}

function toTensors(batch: PackedBatch): Record<string, ort.Tensor> {
  return Object.fromEntries(
    feedsOf(batch).map(({ name, data, dims }) => [name, toTensor(data, dims)]),
  );
}

function toTensor(
  data: Int32Array | Float32Array | BigInt64Array,
  dims: readonly number[],
): ort.Tensor {
  if (data instanceof Int32Array) {
    return new ort.Tensor('int32', data, dims);
  }
  return data instanceof Float32Array
    ? new ort.Tensor('float32', data, dims)
    : new ort.Tensor('int64', data, dims);
}

function readLogits(output: ort.Tensor | undefined, candidates: number): Float32Array {
  const logits = output?.data;
  if (!(logits instanceof Float32Array) || logits.length !== 2 * candidates) {
    throw new RankError(
      'internal',
      `the graph gave ${String(output?.type)}[${String(output?.dims.join())}] for ${candidates} candidates; this is a bug`,
    );
  }
  return logits;
}
