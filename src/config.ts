import { type Config, settings } from './config/config-settings.ts';
import { readFlags, readVariables } from './config/given-settings.ts';
import { findInsecurities } from './config/security-settings.ts';
import { flagOf, type Host, variableOf } from './config/setting.ts';
import { countCores } from './count-cores.ts';

export type { Config, ServedConfig } from './config/config-settings.ts';
export type { DeviceSlot } from './config/device-slots.ts';

/** The configuration is unusable: every problem found, in one message. */
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

const names = Object.keys(settings) as readonly (keyof Config)[];

/**
 * Reads the settings from `SLMRANK_*` variables and flags; a flag wins over its variable, an empty variable counts
 * as absent.
 *
 * @throws ConfigError with every problem found: bad values, unknown names, settings that contradict each other.
 */
export function parseConfig(
  env: Readonly<Record<string, string | undefined>>,
  argv: readonly string[],
  cores = countCores().cores,
): Config {
  const problems: string[] = [];
  const given = new Map([
    ...readVariables(env, names, problems),
    ...readFlags(argv, names, problems),
  ]);
  const read = <Name extends keyof Config>(name: Name, host: Host) => {
    const { text, source } = given.get(name) ?? {
      text: settings[name].byDefault(host),
      source: `default of ${variableOf(name)}`,
    };
    try {
      return settings[name].parse(text);
    } catch (error) {
      problems.push(`${source}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  };
  const host = { cores, devices: read('devices', { cores, devices: [] }) ?? [] };
  const rest = names.filter((name) => name !== 'devices').map((name) => [name, read(name, host)]);
  const config = { ...Object.fromEntries(rest), devices: Object.freeze(host.devices) } as Config;
  if (problems.length === 0) {
    problems.push(...findContradictions(config));
  }
  if (problems.length > 0) {
    throw new ConfigError(problems);
  }
  return Object.freeze(config);
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

/** Settings that are fine each by itself and impossible together. */
function findContradictions(config: Config): string[] {
  const least = config.prefixTokens + config.candidateTokens;
  const checks: [boolean, string][] = [
    [
      config.queuedCandidates < config.candidates,
      `SLMRANK_QUEUED_CANDIDATES is ${config.queuedCandidates}, fewer than one request's SLMRANK_CANDIDATES, ${config.candidates}`,
    ],
    [
      config.queuedTokens < least,
      `SLMRANK_QUEUED_TOKENS is ${config.queuedTokens}, less than one prefix and one candidate may have, ${least} (SLMRANK_PREFIX_TOKENS + SLMRANK_CANDIDATE_TOKENS)`,
    ],
    [
      config.adminAddress === config.address && !config.address.endsWith(':0'),
      `SLMRANK_ADMIN_ADDRESS is ${config.address}, the same as SLMRANK_ADDRESS`,
    ],
    [
      config.requestBytes < config.textBytes,
      `SLMRANK_REQUEST_BYTES is ${config.requestBytes}, less than one text's SLMRANK_TEXT_BYTES, ${config.textBytes}`,
    ],
    [
      config.depthFloor > config.depthCeiling,
      `SLMRANK_DEPTH_FLOOR is ${config.depthFloor}, more than SLMRANK_DEPTH_CEILING, ${config.depthCeiling}`,
    ],
  ];
  const wrong = checks.filter(([isWrong]) => isWrong).map(([, problem]) => problem);
  return [...wrong, ...findInsecurities(config)];
}
