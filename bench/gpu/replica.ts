import { Worker } from 'node:worker_threads';
import type { TokenPart } from '../../src/batch/packed-batch.ts';
import type { GraphFile } from '../../src/model/manifest.ts';
import { workerEntry } from '../../src/pool/threads/worker-entry.ts';
import type { Provider } from './models.ts';

export interface ReplicaTask {
  readonly dir: string;
  readonly graph: GraphFile;
  readonly provider: Provider;
  /** The requests of each batch. */
  readonly parts: readonly TokenPart[];
}

export interface Replica {
  readonly ready: Promise<void>;
  /** Waits for the running batch, closes the session, then ends the thread. */
  stop(): Promise<{ scored: number; seconds: number }>;
}

type ReplicaMessage = { kind: 'ready' } | { kind: 'done'; scored: number; seconds: number };

/** A thread that runs the same batch until it is stopped. */
export function startReplica(task: ReplicaTask): Replica {
  const isSource = import.meta.url.endsWith('.ts');
  const entry = workerEntry(new URL(`./replica-thread.${isSource ? 'ts' : 'js'}`, import.meta.url));
  const worker = new Worker(new URL(entry.filename), {
    workerData: task,
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
  done.catch(() => undefined); // `ready` rejects with the same error.
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
