import { parseArgs, type ParseArgsConfig } from 'node:util';
import { findNearestName } from '../../config/nearest-name.ts';
import { messageOf } from '../../base/errors.ts';

/** The command line is wrong: exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Parses a command's options strictly. `--help` prints the usage text and ends the process with
 * status 0.
 *
 * @throws UsageError naming the option that is unknown or lacks its value.
 */
export function parseOptions<T extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  usage: string,
  options: T,
) {
  if (args.includes('--help')) {
    process.stdout.write(`${usage.trimEnd()}\n`);
    process.exit(0);
  }
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(`${describeFault(error, Object.keys(options))}\n\n${usage.trimEnd()}`);
  }
}

/**
 * Node's message, except for unknown options, where Node would explain how to pass positionals that
 * begin with a dash.
 */
function describeFault(error: unknown, known: readonly string[]): string {
  const message = messageOf(error);
  const unknown = /Unknown option '([^']+)'/.exec(message)?.[1];
  if (unknown === undefined) {
    return message;
  }
  const nearest = findNearestName(
    unknown,
    known.map((name) => `--${name}`),
  );
  return `no option '${unknown}'${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
}

/** The values of a command without positionals. @throws UsageError, also for a positional. */
export function parseOnlyOptions<T extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  usage: string,
  options: T,
) {
  const { values, positionals } = parseOptions(args, usage, options);
  if (positionals.length > 0) {
    throw new UsageError(`unexpected '${positionals.join(' ')}'\n\n${usage.trimEnd()}`);
  }
  return values;
}
