import { systemClock } from '../clock.ts';
import { type Config, configurationHelp, parseConfig, type ServedConfig } from '../config.ts';
import { createPipeline, type PipelineOptions } from '../pipeline/create-pipeline.ts';
import { RankError } from '../errors.ts';
import type { Tell } from '../events.ts';
import { type Manifest, readManifest } from '../manifest.ts';
import { ModelSet } from '../model-set.ts';
import { type Capture, captureTraffic, openCapture } from '../observe/capture.ts';
import { createLog, type LeveledLog, type Log } from '../observe/log.ts';
import { watchDoor, watchGauges } from '../observe/watch-gauges.ts';
import { packageVersion } from '../package-version.ts';
import { type AdminServer, startAdminServer } from '../server/admin-server.ts';
import { type RunningServer, startServer } from '../server/server.ts';
import { openCredentials, warnOfPlainText } from '../server/tls.ts';
import { chooseModel } from './choose-model.ts';
import { killProcess, killWhenStuck } from './end-process.ts';
import { type Observation, openObservation } from './observation.ts';

const usage = `Usage: slmrank serve [OPTIONS]

Serves a built model over gRPC until SIGTERM or SIGINT; a second signal ends it at once. SIGHUP reads certificates and
API keys again. Without --model it serves the bundled model, which it builds first when it is not there.
Each option is also an environment variable; the option wins.
`;

/** Runs the server to its end. Resolves to 0 after a clean drain, to 1 when work had to be cut off. */
export async function run(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(`${usage}\n${configurationHelp()}\n`);
    return 0;
  }
  const given = parseConfig(process.env, args);
  const config: ServedConfig = { ...given, model: await chooseModel(given) };
  const manifest = await readServedManifest(config.model);
  const log = createLog(config.logLevel);
  const version = packageVersion();
  const observation = await openObservation({ config, manifest, log, env: process.env, version });
  const { tell } = observation.observer;
  const capture = await openCaptureOf(config, log);
  const models = openModels({ config, manifest, log, tell }, capture);
  const onFailure = (error: unknown) => giveUp(error, models);
  const admin = await openAdmin(config, models, log).catch(onFailure);
  let server: RunningServer | undefined = undefined;
  const stopped = stopOnSignal(() => server);
  // Before it listens: a client that spreads its calls over servers would send them to one that cannot serve yet.
  await models.warm().catch(onFailure);
  server = await startServer({
    ...{ config, manifest, log, tell },
    pipeline: models,
    current: () => models.current(),
    readLoad: () => observation.observer.load(),
  }).catch(onFailure);
  watchServer(observation, server, models);
  await Promise.race([server.ready, stopped]).catch(onFailure);
  if (!server.isStopping()) {
    process.stdout.write(`${readyLine(server, config, manifest)}\n`);
    const { address: metrics } = observation;
    log.info({ address: server.address, metrics, admin: admin?.address }, 'ready');
  }
  const isClean = await stopped;
  admin?.close();
  await Promise.all([observation.close(), capture?.close()]);
  if (!isClean) {
    killWhenStuck();
  }
  return isClean ? 0 : 1;
}

function watchServer(observation: Observation, server: RunningServer, models: ModelSet): void {
  const { observer } = observation;
  observation.follow({ server, pipeline: models, ready: server.ready });
  watchGauges(observer, () => models.gauges());
  watchDoor(observer, server.door);
}

/** Says why it cannot serve, and ends with status 1 once no thread is in a run. */
async function giveUp(error: unknown, models: ModelSet): Promise<never> {
  process.stderr.write(`slmrank: ${error instanceof Error ? error.message : String(error)}\n`);
  killWhenStuck();
  await models.drain().catch(() => undefined);
  process.exit(1);
}

/** The model that is served first, and what it takes to serve another. */
function openModels(
  { config, manifest, log, tell }: PipelineOptions & { readonly tell: Tell },
  capture: Capture | undefined,
): ModelSet {
  const { model: folder, devices } = config;
  return new ModelSet({
    first: { folder, manifest, devices },
    open: ({ folder: model, devices: slots, ...source }) => {
      const options = { ...source, config: { ...config, model, devices: slots } };
      const served = createPipeline(log === undefined ? options : { ...options, log });
      const pipeline =
        capture === undefined ? served : captureTraffic(served, capture, systemClock);
      const { pool } = served;
      return { pipeline, pool, costs: () => served.costs(), gauges: () => served.gauges() };
    },
    ...{ clock: systemClock, tell },
  });
}

async function openCaptureOf({ capture: file }: Config, log: Log): Promise<Capture | undefined> {
  return file === undefined ? undefined : await openCapture({ file, clock: systemClock, log });
}

async function openAdmin(
  config: Config,
  models: ModelSet,
  log: LeveledLog,
): Promise<AdminServer | undefined> {
  const { adminAddress: address } = config;
  if (address === undefined) {
    return undefined;
  }
  warnOfPlainText(address, config, log);
  const { credentials } = openCredentials(config, log);
  const setLogLevel = (level: Config['logLevel']) => {
    const { level: previous } = log;
    log.level = level;
    return previous;
  };
  return await startAdminServer({
    ...{ address, credentials, models, log, setLogLevel },
    clock: systemClock,
  });
}

async function readServedManifest(model: string): Promise<Manifest> {
  try {
    return await readManifest(model);
  } catch (error) {
    if (error instanceof RankError && error.kind === 'not-found') {
      throw new Error(
        `${error.message}. Build one with 'slmrank model build', name another folder with --model (SLMRANK_MODEL), or name none for the bundled model.`,
        { cause: error },
      );
    }
    throw error;
  }
}

/**
 * Resolves when a first signal has led to a stop: whether the stop was clean. A second signal ends the process, and so
 * does the first while there is no server: nobody waits for an answer then.
 */
function stopOnSignal(serverOf: () => RunningServer | undefined): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const onSignal = () => {
      const server = serverOf();
      if (server === undefined || server.isStopping()) {
        killProcess();
        return;
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
