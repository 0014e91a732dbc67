import { systemClock } from '../clock.ts';
import { type Config, configurationHelp, parseConfig } from '../config.ts';
import { createPipeline } from '../create-pipeline.ts';
import { RankError } from '../errors.ts';
import { type Manifest, readManifest } from '../manifest.ts';
import { ModelSet } from '../model-set.ts';
import { captureTraffic, openCapture } from '../observe/capture.ts';
import { createLog, type LeveledLog } from '../observe/log.ts';
import { packageVersion } from '../package-version.ts';
import { type AdminServer, startAdminServer } from '../server/admin-server.ts';
import { type RunningServer, startServer } from '../server/server.ts';
import { openObservation } from './observation.ts';

const usage = `Usage: slmrank serve [OPTIONS]

Serves a built model over gRPC until SIGTERM or SIGINT; a second signal ends it at once.
Each option is also an environment variable; the option wins.
`;

/** Runs the server to its end. Resolves to 0 after a clean drain, to 1 when work had to be cut off. */
export async function run(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(`${usage}\n${configurationHelp()}\n`);
    return 0;
  }
  const config = parseConfig(process.env, args);
  const manifest = await readServedManifest(config.model);
  const log = createLog(config.logLevel);
  const observation = await openObservation({
    ...{ config, manifest, log, env: process.env },
    version: packageVersion(),
  });
  const { tell } = observation.observer;
  const capture =
    config.capture === undefined
      ? undefined
      : await openCapture({ file: config.capture, clock: systemClock, log });
  const models = new ModelSet({
    first: { folder: config.model, manifest, devices: config.devices },
    open: ({ folder: modelDir, devices, ...source }) => {
      const served = createPipeline({ ...source, config: { ...config, devices }, modelDir, log });
      const { pool } = served;
      const pipeline =
        capture === undefined ? served : captureTraffic(served, capture, systemClock);
      return { pipeline, pool, costs: () => served.costs() };
    },
    ...{ clock: systemClock, tell },
  });
  const admin = await openAdmin(config, models, log);
  const server = await startServer({
    ...{ config, manifest, log, tell },
    pipeline: models,
    current: () => models.current(),
  });
  observation.follow({ server, pipeline: models, ready: server.ready });
  const stopped = stopOnSignal(server);
  try {
    await Promise.race([server.ready, stopped]);
  } catch (error) {
    // Not by a drain: replicas that never loaded have nothing to finish.
    process.stderr.write(`slmrank: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
  if (!server.isStopping()) {
    process.stdout.write(`${readyLine(server, config, manifest)}\n`);
    const { address } = server;
    log.info(
      { address, metrics: observation.address, admin: admin?.address, model: manifest.name },
      'ready',
    );
  }
  const isClean = await stopped;
  admin?.close();
  await Promise.all([observation.close(), capture?.close()]);
  if (!isClean) {
    // Threads may still be in a run, which nothing can interrupt; ending the process is safe then.
    process.exit(1);
  }
  return 0;
}

async function openAdmin(
  { adminAddress: address }: Config,
  models: ModelSet,
  log: LeveledLog,
): Promise<AdminServer | undefined> {
  if (address === undefined) {
    return undefined;
  }
  const setLogLevel = (level: Config['logLevel']) => {
    const { level: previous } = log;
    log.level = level;
    return previous;
  };
  return await startAdminServer({ address, models, log, setLogLevel, clock: systemClock });
}

async function readServedManifest(model: string): Promise<Manifest> {
  try {
    return await readManifest(model);
  } catch (error) {
    if (error instanceof RankError && error.kind === 'not-found') {
      throw new Error(
        `${error.message}. Build one with 'npm run demo' or 'slmrank model build', or name another folder with --model (SLMRANK_MODEL).`,
        { cause: error },
      );
    }
    throw error;
  }
}

/** Resolves when a first signal has led to a stop: whether the stop was clean. A second signal ends the process. */
function stopOnSignal(server: RunningServer): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const onSignal = (signal: 'SIGTERM' | 'SIGINT') => {
      if (server.isStopping()) {
        process.exit(signal === 'SIGINT' ? 130 : 143);
      }
      server.stop().then(resolve, reject);
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
}

function readyLine({ address }: RunningServer, config: Config, manifest: Manifest): string {
  const slots = config.devices.map(({ name }) => name);
  const replicas = `${slots.length} replica${slots.length > 1 ? 's' : ''} (${slots.join(', ')})`;
  return (
    `slmrank ready on ${address}: model ${manifest.name} (${manifest.precision}), ` +
    `fingerprint ${manifest.fingerprint.slice(0, 12)}, ${replicas}, ` +
    `up to ${config.candidates} candidates of ${config.candidateTokens} tokens a request`
  );
}
