import { extname } from 'node:path';
import { ServerCredentials } from '@grpc/grpc-js';
import { systemClock } from '../../src/base/clock.ts';
import { parseConfig } from '../../src/config/config.ts';
import { createPipeline } from '../../src/pipeline/create-pipeline.ts';
import type { ServingEvent } from '../../src/domain/events.ts';
import { readManifest } from '../../src/model/manifest.ts';
import { ModelSet } from '../../src/pipeline/model-set.ts';
import { createLog } from '../../src/observe/log.ts';
import { workerEntry } from '../../src/pool/threads/worker-entry.ts';
import { type AdminClient, createAdminClient } from '../../src/client/admin-client.ts';
import { startAdminServer } from '../../src/server/admin/server.ts';
import { startServer } from '../../src/server/server.ts';

/** A server with an admin address in this process, with real threads and gRPC on loopback. */
export interface Served {
  readonly address: string;
  readonly models: ModelSet;
  readonly admin: AdminClient;
  /** Every change of a replica's phase so far. */
  readonly phases: readonly PhaseChange[];
  /** Resolves to whether every request was answered before the drain's deadline. */
  stop(): Promise<boolean>;
}

type PhaseChange = Extract<ServingEvent, { kind: 'replica' }> & { readonly atMs: number };

export interface ServedOptions {
  readonly model: string;
  readonly devices: string;
  /** Whether threads can be killed (mortal-infer.ts). */
  readonly isMortal: boolean;
}

const adminTimeoutMs = 300_000;

export async function serve({ model, devices, isMortal }: ServedOptions): Promise<Served> {
  const config = parseConfig({}, [
    `--model=${model}`,
    `--devices=${devices}`,
    '--address=127.0.0.1:0',
    '--metrics-address=off',
    '--admin-address=off',
    '--log-level=error',
  ]);
  const manifest = await readManifest(model);
  const log = createLog(config.logLevel);
  const mortal = new URL(`./mortal-infer${extname(import.meta.url)}`, import.meta.url);
  const workers = isMortal ? { workers: { infer: workerEntry(mortal) } } : {};
  const phases: PhaseChange[] = [];
  const models = new ModelSet({
    first: { folder: model, manifest, devices: config.devices },
    open: ({ folder, devices: slots, ...source }) => {
      const served = { ...config, model: folder, devices: slots };
      return createPipeline({ ...source, config: served, ...workers });
    },
    clock: systemClock,
    tell: (event) => {
      if (event.kind === 'replica') {
        phases.push({ ...event, atMs: systemClock.nowMs() });
      }
    },
  });
  const adminServer = await startAdminServer({
    address: '127.0.0.1:0',
    models,
    log,
    clock: systemClock,
    credentials: ServerCredentials.createInsecure(),
    setLogLevel: () => 'error',
  });
  const current = () => models.current();
  const server = await startServer({ config, log, pipeline: models, current });
  await server.ready;
  const admin = createAdminClient(adminServer.address, adminTimeoutMs);
  const { address } = server;
  const stop = async () => {
    const isClean = await server.stop();
    admin.close();
    adminServer.close();
    return isClean;
  };
  return { address, models, admin, phases, stop };
}
