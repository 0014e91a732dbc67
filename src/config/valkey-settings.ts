import { type Given, typedName } from './given-settings.ts';
import { countSetting, optionalSetting, type Setting, textSetting } from './setting.ts';

/** Where a Valkey or Redis server is. */
export interface ValkeyAddress {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly db: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/** Settings of what the servers of a fleet share through Valkey or Redis. */
export interface ValkeySettings {
  /** Undefined: the server shares nothing. */
  readonly valkeyUrl: ValkeyAddress | undefined;
  readonly valkeyPasswordFile: string | undefined;
  readonly valkeyCaFile: string | undefined;
  readonly valkeySecretFile: string | undefined;
  readonly valkeyTimeoutMs: number;
  readonly valkeyTtlMs: number;
}

export const valkeySettings: {
  readonly [Name in keyof ValkeySettings]: Setting<ValkeySettings[Name]>;
} = {
  valkeyUrl: textSetting(
    {
      default: 'off',
      bounds: "valkey://[USER@]HOST[:PORT][/DB], valkeys:// for TLS, or 'off'",
      why: 'Shares scores with the other servers of a fleet, and items if there is a store (SLMRANK_ITEMS), through a Valkey or Redis server (redis:// and rediss:// mean the same). No cluster. Scores need the score cache (SLMRANK_CACHE_ENTRIES).',
    },
    parseValkeyUrl,
  ),
  valkeyPasswordFile: optionalSetting({
    absent: 'none',
    bounds: 'a file',
    why: 'The password of the Valkey server, without which it is used without one. It may also be in the URL, where other users of the machine can see it.',
  }),
  valkeyCaFile: optionalSetting({
    absent: "Node's authorities",
    bounds: 'a PEM file',
    why: 'The authority of the certificate of the Valkey server, for valkeys:// and rediss://.',
  }),
  valkeySecretFile: optionalSetting({
    absent: 'none',
    bounds: 'a file with at least 32 characters',
    why: 'The secret of the fleet, the same on all its servers and needed with a Valkey server: what the server gives back is used only if a holder of the secret has written it. `openssl rand -hex 32` makes one.',
  }),
  valkeyTimeoutMs: countSetting([1, 1000], {
    unit: 'ms',
    default: '10',
    why: 'Longest wait for an answer of Valkey, which delays a request at most once; then the server does without. Increase it for a Valkey in another zone.',
  }),
  valkeyTtlMs: countSetting([1000, 2_592_000_000], {
    unit: 'ms',
    default: '86400000',
    why: 'How long a shared score is kept. Scores do not become wrong with time; this limits the memory for scores that are not needed again.',
  }),
};

const schemes: ReadonlyMap<string, boolean> = new Map([
  ['valkey:', false],
  ['redis:', false],
  ['valkeys:', true],
  ['rediss:', true],
]);

/** The message of an error does not repeat the URL, which may have a password in it. */
function parseValkeyUrl(text: string): ValkeyAddress | undefined {
  if (text === 'off') {
    return undefined;
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isTls = schemes.get(url?.protocol ?? '');
  const db = /^\/?(\d{0,4})$/.exec(url?.pathname ?? '')?.[1];
  const isWhole = url !== undefined && url.hostname !== '' && url.search + url.hash === '';
  if (isTls === undefined || db === undefined || !isWhole) {
    throw new Error(
      "not the URL of a Valkey server; allowed: valkey://[USER[:PASSWORD]@]HOST[:PORT][/DB], valkeys:// for TLS, or 'off'",
    );
  }
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port || 6379),
    isTls,
    db: Number(db),
    username: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || undefined,
  };
}

/** Settings of Valkey that contradict each other. */
export function findValkeyFaults(config: ValkeySettings & { readonly given: Given }): string[] {
  const { valkeyUrl: address, valkeySecretFile: secret, valkeyPasswordFile: password } = config;
  const name = (setting: string, like?: string) => typedName(config, setting, like);
  const checks: [boolean, string][] = [
    [
      address !== undefined && secret === undefined,
      `${name('valkeyUrl')} is given without ${name('valkeySecretFile', 'valkeyUrl')}; make a secret with \`openssl rand -hex 32\` and give it to all servers of the fleet`,
    ],
    [
      address?.password !== undefined && password !== undefined,
      `${name('valkeyUrl')} has a password, and ${name('valkeyPasswordFile')} is given too; allowed is one of them`,
    ],
  ];
  return checks.filter(([isWrong]) => isWrong).map(([, problem]) => problem);
}
