import { parentPort, workerData } from 'node:worker_threads';
import { at } from '../../../src/base/at.ts';
import { packBatch } from '../../../src/batch/pack/pack-batch.ts';
import { tokenPart } from '../../../src/batch/packed-batch.ts';
import { openSession } from '../../../src/engine/session.ts';
import { readManifest, scoreGraph } from '../../../src/model/manifest.ts';
import type { EngineTask } from './engine.ts';

// Measures a session alone: batches are packed in advance and run in turn until the time is over.
const { modelDir, threads, batches, seconds } = workerData as EngineTask;
const manifest = await readManifest(modelDir);
const session = await openSession({ modelDir, manifest, provider: 'cpu', deviceId: 0, threads });
const packed = batches.map((parts) => packBatch(parts.map(tokenPart), scoreGraph(manifest, 'cpu')));
for (const batch of packed) {
  await session.run(batch);
}
let scored = 0;
const startedAtMs = performance.now();
for (let i = 0; performance.now() - startedAtMs < 1000 * seconds; i++) {
  scored += (await session.run(at(packed, i % packed.length))).length / 2;
}
parentPort?.postMessage((1000 * scored) / (performance.now() - startedAtMs));
await session.close();
