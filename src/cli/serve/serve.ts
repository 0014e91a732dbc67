import { systemClock } from '../../base/clock.ts';
import {
  type Config,
  configurationHelp,
  readConfig,
  type ServedConfig,
  toConfig,
} from '../../config/config.ts';
import { countCores } from '../../config/count-cores.ts';
import type { Choice } from '../../domain/rank.ts';
import type { PipelineOptions } from '../../pipeline/create-pipeline.ts';
import type { Manifest } from '../../model/manifest.ts';
import type { ModelSet, OpenModel } from '../../pipeline/model-set.ts';
import { type Capture, openCapture } from '../../observe/capture.ts';
import { createLog, type LeveledLog, LineWriter, type Log } from '../../observe/log.ts';
import {
  watchDoor,
  watchGauges,
  watchItems,
  watchSharedItems,
} from '../../observe/watch-gauges.ts';
import { packageVersion } from '../../config/package-version.ts';
import { findLoweredLimits } from '../../encode/served-limits.ts';
import { type AdminServer, startAdminServer } from '../../server/admin/server.ts';
import { type RunningServer, startServer } from '../../server/server.ts';
import { type ListenCredentials, openCredentials, warnOfPlainText } from '../../server/tls.ts';
import { recoverFolder } from '../../model/replace-folder.ts';
import { chooseModel } from '../shared/choose-model.ts';
import { killProcess, killWhenStuck } from './end-process.ts';
import { type Observation, openObservation } from './observation.ts';
import { hearSignals, type Signals, type StopSignal } from '../shared/signals.ts';
import type { ShadowQuality } from '../../desk/shadow/shadow-quality.ts';
import { type KeptItems, keepItems, openItems } from './open-items.ts';
import { openFleet } from './open-valkey.ts';
import { openShadow } from './open-shadow.ts';
import { verifierFor } from './verify-served.ts';
import { openModels } from './open-models.ts';
import { findStartProblems } from './start-problems.ts';
import { readyLine } from './ready-line.ts';
import { settleBatching } from './settle-batching.ts';
import { messageOf } from '../../base/errors.ts';

const usage = `Usage: slmrank serve [OPTIONS]

Serves a built model over gRPC until SIGTERM or SIGINT; a second signal ends it at once. SIGHUP makes it read
certificates and API keys again. Without --model it serves the bundled model, which is built first if it does not exist.
Each option is also an environment variable; the option overrides the variable.
`;

/** Serves until stopped. Resolves to 0 after a clean drain, to 1 when requests were cut off. */
export async function run(
  args: readonly string[],
  signals: Signals = hearSignals(),
  workers: PipelineOptions['workers'] = {},
): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(`${usage}\n${configurationHelp()}\n`);
    return 0;
  }
  const given = await readChecked(args);
  const lines = new LineWriter();
  const log = createLog(given.logLevel, lines);
  const credentials = openCredentials(given, log);
  const { verify, model, config, choices } = await settleModel(given, { log, signals });
  const { manifest, files: verified } = model;
  const version = packageVersion();
  const observation = await openObservation({ config, manifest, log, env: process.env, version });
  const { observer } = observation;
  observer.watch('slmrank_log_lines_dropped_total', () => lines.dropped);
  findLoweredLimits(config, manifest).forEach((lowered) => log.warn({}, lowered));
  const capture = await openCaptureOf(config, log);
  const store = await openItems(config, log);
  const onShift = (model: OpenModel) => items?.work.follow(model);
  const shared = openFleet(config, { log, observer });
  const followed = { tell: observer.tell, onShift, verify };
  const serving = { config, manifest, verified, log, workers, fleet: shared.scores, ...followed };
  const models = openModels(serving, capture);
  const items = keepItems(store, models, { config, log });
  const { shadowShare: share } = config;
  const monitor = openShadow({ items: items?.keeper, share, models, tell: observer.tell });
  const opened = { models, credentials, items, shadow: monitor.shadow };
  const isClean = await serve({ config, choices, manifest, log, signals, observation, ...opened });
  monitor.close();
  shared.close();
  await Promise.all([observation.close(), capture?.close(), items?.work.close()]);
  if (!isClean) {
    killWhenStuck();
  }
  return isClean ? 0 : 1;
}

/** The model to serve, verified, and the settings with what was measured for it. */
async function settleModel(given: Config, parts: Pick<ServeParts, 'log' | 'signals'>) {
  const named: ServedConfig = { ...given, model: await chooseModel(given) };
  const verify = verifierFor(named);
  const model = await verify(named.model);
  return { verify, model, ...(await settleBatching({ config: named, model, ...parts })) };
}

async function openCaptureOf({ capture: file }: Config, log: Log): Promise<Capture | undefined> {
  return file === undefined ? undefined : await openCapture({ file, clock: systemClock, log });
}

/** Checks all that can be checked before the model is loaded, which is slow. @throws ConfigError */
async function readChecked(args: readonly string[]): Promise<Config> {
  const { config, problems } = readConfig(process.env, args);
  await restoreModel(config.model);
  return toConfig(config, [...problems, ...(await findStartProblems(config))]);
}

interface ServeParts {
  readonly config: ServedConfig;
  readonly choices: readonly Choice[];
  readonly manifest: Manifest;
  readonly log: LeveledLog;
  readonly signals: Signals;
  readonly observation: Observation;
  readonly models: ModelSet;
  readonly credentials: ListenCredentials;
  readonly items: KeptItems | undefined;
  readonly shadow: ShadowQuality | undefined;
}

/** Loads the model, serves, and drains. Resolves to whether the drain was clean. */
async function serve(parts: ServeParts): Promise<boolean> {
  const { config, manifest, log, signals, observation, models, credentials, items, shadow } = parts;
  const { observer } = observation;
  const orEnd = endWhileLoading(signals, models, log);
  const admin = await orEnd(openAdmin(parts));
  // Warm before listening, or load-balancing clients would send calls before they can be answered.
  await orEnd(models.warm());
  await orEnd(Promise.resolve(items?.work.use(models.current())));
  const server = await orEnd(
    startServer({
      config,
      choices: parts.choices,
      credentials,
      log,
      tell: observer.tell,
      pipeline: models,
      items: items?.keeper,
      shadow,
      current: () => models.current(),
      readLoad: () => observer.load(),
      metrics: () => observer.metrics(),
    }),
  );
  const stopped = handleSignals(signals, server, log);
  watchServer(observation, server, models);
  watchItems(observer, items?.keeper);
  watchSharedItems(observer, items?.shared);
  await orEnd(Promise.race([server.ready, stopped]));
  if (!server.isStopping()) {
    process.stdout.write(`${readyLine(server, config, manifest)}\n`);
    const { cores, from: coresFrom } = countCores();
    const { address, httpAddress: http } = server;
    const { statesMb } = config;
    const addresses = { address, http, metrics: observation.address, admin: admin?.address };
    log.info({ ...addresses, cores, coresFrom, statesMb }, 'ready');
  }
  const isClean = await stopped;
  admin?.close();
  return isClean;
}

function watchServer(observation: Observation, server: RunningServer, models: ModelSet): void {
  const { observer } = observation;
  observation.follow({ server, pipeline: models, ready: server.ready });
  watchGauges(observer, () => models.gauges());
  watchDoor(observer, server.door);
}

/**
 * Guards the steps of the start. A step that fails ends the process with its message and status 1.
 * A signal ends it with a log line and the signal's status. Both wait until no batch is running,
 * except after a second signal.
 */
function endWhileLoading(
  signals: Signals,
  models: ModelSet,
  log: Log,
): <T>(step: Promise<T>) => Promise<T> {
  let isEnding = false;
  const end = async (status: number, signal?: StopSignal): Promise<never> => {
    isEnding = true;
    killWhenStuck(signal);
    await models.drain().catch(() => undefined);
    process.exit(status);
  };
  signals.onStop((signal, status) => {
    if (isEnding) {
      killProcess(signal);
      return;
    }
    log.warn({ signal }, 'stopped while loading: nothing was served yet');
    void end(status, signal);
  });
  const never = new Promise<never>(() => undefined);
  return async (step) => {
    try {
      const done = await step;
      return isEnding ? await never : done;
    } catch (error) {
      if (isEnding) {
        return await never;
      }
      process.stderr.write(`slmrank: ${messageOf(error)}\n`);
      return await end(1);
    }
  };
}

async function openAdmin({
  config,
  models,
  log,
  credentials: { credentials },
}: ServeParts): Promise<AdminServer | undefined> {
  const { adminAddress: address } = config;
  if (address === undefined) {
    return undefined;
  }
  warnOfPlainText(address, config, log);
  const setLogLevel = (level: Config['logLevel']) => {
    const { level: previous } = log;
    log.level = level;
    return previous;
  };
  return await startAdminServer({
    address,
    credentials,
    models,
    log,
    setLogLevel,
    clock: systemClock,
  });
}

/** A build that was killed may have left the model beside its folder. */
async function restoreModel(model: string | undefined): Promise<void> {
  if (model !== undefined && (await recoverFolder(model))) {
    process.stderr.write(`slmrank: restored ${model}, which an unfinished build had moved\n`);
  }
}

/**
 * Resolves when the first signal has stopped the server, to whether the drain was clean. A second
 * signal ends the process.
 */
function handleSignals(signals: Signals, server: RunningServer, log: Log): Promise<boolean> {
  signals.onReload(() => {
    log.info({ signal: 'SIGHUP' }, 'reading certificates and API keys again');
    server.reload();
  });
  return new Promise((resolve, reject) => {
    signals.onStop((signal) => {
      if (server.isStopping()) {
        killProcess(signal);
        return;
      }
      server.stop().then(resolve, reject);
    });
  });
}
