import { parentPort, workerData } from 'node:worker_threads';
import { packBatch } from '../../src/batch/pack/pack-batch.ts';
import { tokenPart } from '../../src/batch/packed-batch.ts';
import { openGraph } from './models.ts';
import type { ReplicaTask } from './replica.ts';

// The thread of a replica: opens a session and runs the same batch until it is told to stop.
const { dir, graph, provider, parts } = workerData as ReplicaTask;
const session = await openGraph(dir, graph, provider);
const batch = () => packBatch(parts.map(tokenPart), graph);
await session.run(batch());
parentPort?.postMessage({ kind: 'ready' });

const stop = new AbortController();
parentPort?.on('message', () => {
  stop.abort();
});
const candidates = parts.reduce((sum, part) => sum + part.suffixes.length, 0);
let scored = 0;
const startedAtMs = performance.now();
while (!stop.signal.aborted) {
  await session.run(batch());
  scored += candidates;
  // A run blocks the thread, so the stop message can only be received between runs.
  await new Promise((resolve) => setImmediate(resolve));
}
const seconds = (performance.now() - startedAtMs) / 1000;
await session.close();
parentPort?.postMessage({ kind: 'done', scored, seconds });
parentPort?.close();
