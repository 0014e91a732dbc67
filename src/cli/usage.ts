import { parseArgs, type ParseArgsConfig } from 'node:util';

/** The command's words are off: exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Parses a command's options strictly. `--help` prints the usage text and ends the process with status 0.
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
    throw new UsageError(
      `${error instanceof Error ? error.message : String(error)}\n\n${usage.trimEnd()}`,
    );
  }
}
