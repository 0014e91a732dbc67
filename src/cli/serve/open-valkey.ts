import { readFileSync } from 'node:fs';
import { FleetScores } from '../../cache/fleet/fleet-scores.ts';
import { DataError, messageOf } from '../../base/errors.ts';
import { type ReadConfig, type ServedConfig, typedName } from '../../config/config.ts';
import type { Observer } from '../../observe/observer.ts';
import { watchFleet } from '../../observe/watch-gauges.ts';
import type { Log } from '../../observe/log.ts';
import type { EndedCall } from '../../valkey/ended-call.ts';
import { fleetName } from '../../valkey/seal.ts';
import { Valkey } from '../../valkey/valkey.ts';

/** What the servers of a fleet share, and the secret that seals it. */
export interface OpenValkey {
  readonly valkey: Valkey;
  /** For `Seal`. */
  readonly secret: string;
}

type ValkeyConfig = Pick<
  ReadConfig,
  | 'valkeyUrl'
  | 'valkeyPasswordFile'
  | 'valkeyCaFile'
  | 'valkeySecretFile'
  | 'valkeyTimeoutMs'
  | 'given'
>;

const leastSecret = 32;

/** The files' contents. @throws DataError that names the setting of an unusable file. */
export function readValkeySecrets(config: ValkeyConfig): {
  readonly secret: string;
  readonly password: string | undefined;
  readonly ca: string | undefined;
} {
  const secret = readLine(config, 'valkeySecretFile') ?? '';
  if (config.valkeyUrl !== undefined && secret.length < leastSecret) {
    const setting = typedName(config, 'valkeySecretFile');
    throw new DataError(
      `${setting}: '${config.valkeySecretFile}' has ${secret.length} characters; at least ${leastSecret} are needed: \`openssl rand -hex 32\` makes a secret`,
    );
  }
  const password = readLine(config, 'valkeyPasswordFile');
  return { secret, password, ca: readLine(config, 'valkeyCaFile') };
}

/**
 * Connects in the background to the server that the configuration names; undefined when it names
 * none. A server that is not there delays nothing.
 */
export function openValkey(
  config: ValkeyConfig,
  { log, onCall }: { readonly log: Log; readonly onCall?: (call: EndedCall) => void },
): OpenValkey | undefined {
  const { valkeyUrl: address, valkeyTimeoutMs: timeoutMs = 10 } = config;
  if (address === undefined) {
    return undefined;
  }
  const { secret, ca, password = address.password } = readValkeySecrets(config);
  const { host, port } = address;
  const server = `${host}:${port}`;
  const valkey = new Valkey({
    ...address,
    password,
    ca,
    timeoutMs,
    ...(onCall === undefined ? {} : { onCall }),
    onBreaker: (isOpen, reason) => {
      if (isOpen) {
        log.warn(
          { server, reason },
          'many calls of Valkey failed: nothing is shared until a pause is over',
        );
      } else {
        log.info({ server }, 'Valkey answers again');
      }
    },
    onConnection: (isConnected, reason) => {
      if (isConnected) {
        log.info({ server, fleet: fleetName(secret) }, 'connected to Valkey');
      } else {
        log.warn({ server, reason }, 'not connected to Valkey: nothing is shared with the fleet');
      }
    },
  });
  return { valkey, secret };
}

/** What the server shares with its fleet, measured by the observer. */
export function openFleet(
  config: ServedConfig,
  { log, observer }: { readonly log: Log; readonly observer: Observer },
): { readonly scores: FleetScores | undefined; readonly close: () => void } {
  const onCall = (call: EndedCall) => observer.tell({ kind: 'valkey', ...call });
  const opened = openValkey(config, { log, onCall });
  const scores = openScores(opened, config, log);
  watchFleet(observer, opened?.valkey, scores);
  return { scores, close: () => opened?.valkey.close() };
}

/** The scores of the fleet; undefined for a server that shares nothing, or has no score cache. */
function openScores(
  opened: OpenValkey | undefined,
  config: Pick<ServedConfig, 'cacheEntries' | 'valkeyTimeoutMs' | 'valkeyTtlMs'>,
  log: Log,
): FleetScores | undefined {
  if (opened === undefined || config.cacheEntries === 0) {
    return undefined;
  }
  return new FleetScores({
    ...opened,
    ttlMs: config.valkeyTtlMs,
    timeoutMs: config.valkeyTimeoutMs,
    onBad: (values) =>
      log.warn(
        { values },
        'values from Valkey were not used: no server with this secret wrote them there',
      ),
  });
}

/** The trimmed content of a setting's file; undefined when none is given. */
function readLine(
  config: ValkeyConfig,
  name: 'valkeyPasswordFile' | 'valkeyCaFile' | 'valkeySecretFile',
): string | undefined {
  const file = config[name];
  try {
    return file === undefined ? undefined : readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new DataError(`${typedName(config, name)}: ${messageOf(error)}`, { cause: error });
  }
}
