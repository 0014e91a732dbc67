/** The only file that imports ONNX Runtime. */

import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { messageOf, RankError } from '../base/errors.ts';
import { type Manifest, scoreGraph } from '../model/manifest.ts';
import { cudaHint } from './cuda-libraries.ts';
import type { PackedBatch } from '../batch/packed-batch.ts';
import { logitsOutput } from '../batch/layouts/layout.ts';
import { statesOutput, storedInput } from '../batch/layouts/stored/stored.ts';
import { SessionStates } from './session-states.ts';

export interface SessionOptions {
  readonly modelDir: string;
  readonly manifest: Manifest;
  readonly provider: 'cpu' | 'cuda';
  readonly deviceId: number;
  /** Intra-op threads of the CPU provider. */
  readonly threads: number;
  /** The arena of states, if the model serves with them. */
  readonly states?: SharedArrayBuffer | undefined;
}

export interface RankSession {
  /**
   * Blocks the calling thread. Returns the yes and no logits, [N, 2], which the caller owns. It
   * does not check that they are finite: one that is not concerns one candidate and not its
   * neighbours in the batch.
   */
  run(batch: PackedBatch): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Loads a built model on one device: the graph that its manifest names for the provider, which
 * reads batches of that graph's layout. There is no fallback: `cuda` throws without the CUDA
 * libraries, and for a model without a graph for it.
 *
 * @throws RankError `unavailable`
 */
export async function openSession(options: SessionOptions): Promise<RankSession> {
  const { manifest, provider } = options;
  const { file, layout } = scoreGraph(manifest, provider);
  const session = await createSession(join(options.modelDir, file), options);
  const states =
    layout === 'stored' ? new SessionStates(manifest.blueprint, options.states) : undefined;
  return {
    async run(batch) {
      const outputs =
        states === undefined
          ? await session.run(toTensors(batch), [logitsOutput])
          : await runWithStates(session, batch, states);
      return readLogits(outputs[logitsOutput], batch.candidates);
    },
    close: () => session.release(),
  };
}

async function runWithStates(
  session: ort.InferenceSession,
  batch: PackedBatch,
  states: SessionStates,
): Promise<ort.InferenceSession.OnnxValueMapType> {
  const { data, dims } = states.read(batch.states);
  const feeds = { ...toTensors(batch), [storedInput]: toTensor(data, dims) };
  const outputs = await session.run(feeds, [logitsOutput, statesOutput]);
  states.write(batch.states, outputs[statesOutput]?.data);
  return outputs;
}

/** An input of a graph: fp32, int32 or int64, row-major. */
export interface GraphTensor {
  readonly data: Int32Array | Float32Array | BigInt64Array;
  readonly dims: readonly number[];
}

/** A graph of the toolchain on the CPU. */
export interface GraphSession {
  /**
   * Blocks the calling thread. Feeds that the graph does not have are ignored. The outputs are
   * fp32.
   */
  run(
    feeds: Readonly<Record<string, GraphTensor>>,
  ): Promise<Readonly<Record<string, Float32Array>>>;
  close(): Promise<void>;
}

/** Opens a graph from its bytes; weights are inside or fed. @throws RankError `unavailable` */
export async function openGraph(bytes: Uint8Array, threads: number): Promise<GraphSession> {
  const session = await createSession(bytes, { provider: 'cpu', deviceId: 0, threads });
  return {
    async run(feeds) {
      const tensors = session.inputNames.map((name) => {
        const feed = feeds[name];
        if (feed === undefined) {
          throw new RankError('internal', `the graph's input ${name} is not fed; this is a bug`);
        }
        return [name, toTensor(feed.data, feed.dims)] as const;
      });
      const outputs = await session.run(Object.fromEntries(tensors));
      return Object.fromEntries(Object.entries(outputs).map(readFloats));
    },
    close: () => session.release(),
  };
}

function readFloats([name, { data, type }]: [string, ort.Tensor]): [string, Float32Array] {
  if (!(data instanceof Float32Array)) {
    throw new RankError('internal', `the graph's output ${name} is ${type}; this is a bug`);
  }
  return [name, data];
}

async function createSession(
  graph: string | Uint8Array,
  options: Pick<SessionOptions, 'provider' | 'deviceId' | 'threads'>,
): Promise<ort.InferenceSession> {
  try {
    const settings = sessionSettings(options);
    // The library declares two overloads and no union.
    return typeof graph === 'string'
      ? await ort.InferenceSession.create(graph, settings)
      : await ort.InferenceSession.create(graph, settings);
  } catch (error) {
    const reason = messageOf(error);
    const slot = options.provider === 'cuda' ? `cuda:${options.deviceId}` : 'cpu';
    const what = typeof graph === 'string' ? graph : 'a graph';
    const hint = options.provider === 'cuda' && isAboutLibraries(reason) ? `; ${cudaHint()}` : '';
    throw new RankError('unavailable', `cannot open ${what} on ${slot}: ${reason}${hint}`, {
      cause: error,
    });
  }
}

function isAboutLibraries(reason: string): boolean {
  return /load (shared )?library|cannot open shared object/i.test(reason);
}

/** Benchmarks use them too, so that they run as the server does. */
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
    // Without an arena, malloc returns a run's memory to the kernel and the next run faults it in
    // again. The arena keeps as much as the largest run took: docs/decisions/run-memory.md.
    enableCpuMemArena: provider === 'cpu',
    enableMemPattern: false,
    logSeverityLevel: 3,
    // Spinning threads take cores from others: half the speed on a shared machine, no gain on an
    // idle one.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  };
}

function toTensors(batch: PackedBatch): Record<string, ort.Tensor> {
  return Object.fromEntries(
    batch.feeds.map(({ name, data, dims }) => [name, toTensor(data, dims)]),
  );
}

/** A Uint16Array has the bits of fp16. */
function toTensor(
  data: Int32Array | Float32Array | BigInt64Array | Uint16Array,
  dims: readonly number[],
): ort.Tensor {
  if (data instanceof Int32Array) {
    return new ort.Tensor('int32', data, dims);
  }
  if (data instanceof Uint16Array) {
    return new ort.Tensor('float16', data, dims);
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
      `the graph gave ${String(output?.type)}[${String(output?.dims.join())}] ` +
        `for ${candidates} candidates; this is a bug`,
    );
  }
  return logits;
}
