import { type Config, type Settings, settings } from './config-settings.ts';
import { readFlags, readVariables, typedName } from './given-settings.ts';
import { findInsecurities } from './security-settings.ts';
import { flagOf, type Host, variableOf } from './setting.ts';
import { findValkeyFaults } from './valkey-settings.ts';
import { countCores } from './count-cores.ts';
import { messageOf } from '../base/errors.ts';

export type { Config, ServedConfig } from './config-settings.ts';
export { typedName } from './given-settings.ts';
export { type DeviceSlot, providerOf } from './device-slots.ts';

/** The configuration is unusable. The message lists every problem. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const lines = problems.map((problem) => `  ${problem}`).join('\n');
    super(
      `the configuration has ${problems.length} problem${problems.length > 1 ? 's' : ''}:\n${lines}`,
    );
    this.problems = problems;
  }
}

/** A configuration without the settings that have a problem. */
export type ReadConfig = Partial<Settings> & Pick<Config, 'given'>;

const names = Object.keys(settings) as readonly (keyof Settings)[];

/**
 * Reads the settings from `SLMRANK_*` variables and flags. A flag overrides its variable. An empty
 * variable counts as absent.
 *
 * @throws ConfigError with every problem found: bad values, unknown names, settings that contradict
 * each other.
 */
export function parseConfig(
  env: Readonly<Record<string, string | undefined>>,
  argv: readonly string[],
  cores = countCores().cores,
): Config {
  const { config, problems } = readConfig(env, argv, cores);
  return toConfig(config, problems);
}

/** Like `parseConfig`, but returns the problems, so that the caller can add its own. */
export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
  argv: readonly string[],
  cores = countCores().cores,
): { readonly config: ReadConfig; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const found = new Map([
    ...readVariables(env, names, problems),
    ...readFlags(argv, names, problems),
  ]);
  const read = <Name extends keyof Settings>(name: Name, host: Host) => {
    const { text, source } = found.get(name) ?? {
      text: settings[name].byDefault(host),
      source: `default of ${variableOf(name)}`,
    };
    try {
      return settings[name].parse(text);
    } catch (error) {
      problems.push(`${source}: ${messageOf(error)}`);
      return undefined;
    }
  };
  const host = { cores, devices: read('devices', { cores, devices: [] }) ?? [] };
  const rest = names.filter((name) => name !== 'devices').map((name) => [name, read(name, host)]);
  const given = new Map([...found].map(([name, { source }]) => [name, source]));
  const settled = Object.fromEntries(rest) as Omit<Settings, 'devices'>;
  const config = { ...settled, devices: Object.freeze(host.devices), given };
  if (problems.length === 0) {
    problems.push(...findContradictions(config));
  }
  return { config, problems };
}

/** @throws ConfigError when there are problems. */
export function toConfig(config: ReadConfig, problems: readonly string[]): Config {
  if (problems.length > 0) {
    throw new ConfigError(problems);
  }
  return Object.freeze(config as Config);
}

/** The settings as a Markdown table, for the documentation. */
export function configurationTable(): string {
  const rows = names.map((name) => {
    const { defaultText, unit, bounds, why } = settings[name];
    const bounded = unit === '' ? bounds : `${bounds} ${unit}`;
    return `| \`${variableOf(name)}\` | \`${flagOf(name)}\` | \`${defaultText}\` | ${bounded} | ${why} |`;
  });
  return [
    '| Variable | Flag | Default | Allowed | When and why to change it |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

/** The settings as `--help` prints them. */
export function configurationHelp(): string {
  return names
    .map((name) => {
      const { defaultText, unit, bounds, why } = settings[name];
      const bounded = unit === '' ? bounds : `${bounds} ${unit}`;
      return `  ${flagOf(name)}, ${variableOf(name)}\n      ${bounded} (default: ${defaultText})\n      ${why}`;
    })
    .join('\n');
}

/** Settings that contradict each other. */
function findContradictions(config: Config): string[] {
  const least = config.prefixTokens + config.candidateTokens;
  const name = (setting: keyof Settings, like?: keyof Settings) => typedName(config, setting, like);
  const checks: [boolean, string][] = [
    [
      config.queuedCandidates < config.candidates,
      `${name('queuedCandidates', 'candidates')} is ${config.queuedCandidates}, fewer than one request's ${name('candidates', 'queuedCandidates')}, ${config.candidates}`,
    ],
    [
      config.queuedTokens < least,
      `${name('queuedTokens', 'prefixTokens')} is ${config.queuedTokens}, less than one prefix and one candidate may have, ${least} (${name('prefixTokens', 'queuedTokens')} + ${name('candidateTokens', 'queuedTokens')})`,
    ],
    [
      config.requestBytes < config.textBytes,
      `${name('requestBytes', 'textBytes')} is ${config.requestBytes}, less than one text's ${name('textBytes', 'requestBytes')}, ${config.textBytes}`,
    ],
    [
      config.statesMb > 0 && config.devices.some(({ provider }) => provider === 'cuda'),
      `${name('statesMb', 'devices')} is ${config.statesMb}, and ${name('devices', 'statesMb')} has a cuda slot; states of candidates are kept for CPU slots only, use 0`,
    ],
    [
      config.depthFloor > config.depthCeiling,
      `${name('depthFloor', 'depthCeiling')} is ${config.depthFloor}, more than ${name('depthCeiling', 'depthFloor')}, ${config.depthCeiling}`,
    ],
  ];
  const wrong = checks.filter(([isWrong]) => isWrong).map(([, problem]) => problem);
  return [
    ...wrong,
    ...findSharedAddresses(config),
    ...findInsecurities(config),
    ...findValkeyFaults(config),
  ];
}

/** Two listeners cannot share an address. */
function findSharedAddresses(config: Config): string[] {
  const all = (['address', 'metricsAddress', 'adminAddress'] as const).flatMap((name) => {
    const address = config[name];
    return address === undefined || address.endsWith(':0') ? [] : [{ name, address }];
  });
  return all.flatMap(({ name, address }, place) =>
    all
      .slice(0, place)
      .filter((other) => other.address === address)
      .map(
        (other) =>
          `${typedName(config, name, other.name)} is ${address}, the same as ${typedName(config, other.name, name)}`,
      ),
  );
}
