import { Worker } from 'node:worker_threads';
import { workerEntry } from '../../src/pool/threads/worker-entry.ts';
import {
  type GraphFile,
  type Manifest,
  type ModelGraphs,
  scoreGraph,
} from '../../src/model/manifest.ts';
import type { TokenPart } from '../../src/batch/packed-batch.ts';
import { openSession, type RankSession } from '../../src/engine/session.ts';

export interface GpuModel {
  readonly description: string;
  readonly dir: string;
  readonly graphs: ModelGraphs;
}

export type Provider = 'cuda' | 'cpu';

export interface ReplicaTask {
  readonly model: GpuModel;
  readonly provider: Provider;
  readonly parts: readonly TokenPart[];
}

/** The graph that scores on the provider. */
export function benchGraph({ description, graphs }: GpuModel, provider: Provider): GraphFile {
  return scoreGraph({ name: description, precision: 'fp16', graphs }, provider);
}

/** A session reads only the graphs from the manifest; random weights have no other field. */
export function openBenchSession(model: GpuModel, provider: Provider): Promise<RankSession> {
  const manifest = { graphs: model.graphs } as Manifest;
  return openSession({ modelDir: model.dir, manifest, provider, deviceId: 0, threads: 1 });
}

interface Replica {
  readonly ready: Promise<void>;
  /** Waits for the running batch, closes the session, then ends the thread. */
  stop(): Promise<{ scored: number; seconds: number }>;
}

type ReplicaMessage = { kind: 'ready' } | { kind: 'done'; scored: number; seconds: number };

export function startReplica(task: ReplicaTask): Replica {
  const isSource = import.meta.url.endsWith('.ts');
  const entry = workerEntry(new URL(`./replica-thread.${isSource ? 'ts' : 'js'}`, import.meta.url));
  const worker = new Worker(new URL(entry.filename), {
    workerData: { ...task, model: { ...task.model } },
    execArgv: entry.execArgv,
  });
  const awaitMessage = <Kind extends ReplicaMessage['kind']>(kind: Kind) =>
    new Promise<Extract<ReplicaMessage, { kind: Kind }>>((resolve, reject) => {
      worker.on('error', reject);
      worker.on('message', (message: ReplicaMessage) => {
        if (message.kind === kind) {
          resolve(message as Extract<ReplicaMessage, { kind: Kind }>);
        }
      });
    });
  const done = awaitMessage('done');
  const ready = awaitMessage('ready').then(() => undefined);
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  return {
    ready,
    async stop() {
      worker.postMessage('stop');
      const counted = await done;
      await exited;
      return counted;
    },
  };
}
