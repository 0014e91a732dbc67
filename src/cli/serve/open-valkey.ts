import { readFileSync } from 'node:fs';
import { DataError, messageOf } from '../../base/errors.ts';
import { type ReadConfig, typedName } from '../../config/config.ts';
import type { Log } from '../../observe/log.ts';
import { type EndedCall, Valkey } from '../../valkey/valkey.ts';

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

/** The files' contents. @throws DataError that names the setting, for a file that is no use. */
export function readValkeySecrets(config: ValkeyConfig): {
  readonly secret: string;
  readonly password: string | undefined;
  readonly ca: string | undefined;
} {
  const secret = readLine(config, 'valkeySecretFile') ?? '';
  if (config.valkeyUrl !== undefined && secret.length < leastSecret) {
    const setting = typedName(config, 'valkeySecretFile');
    throw new DataError(
      `${setting}: '${config.valkeySecretFile}' has ${secret.length} characters; at least ${leastSecret} are needed, such as \`openssl rand -hex 32\` makes`,
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
    onConnection: (isConnected, reason) => {
      if (isConnected) {
        log.info({ server }, 'connected to Valkey');
      } else {
        log.warn({ server, reason }, 'not connected to Valkey: nothing is shared with the fleet');
      }
    },
  });
  return { valkey, secret };
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
