import { createKey, formatKeyLine, hashKey, parseApiKeys } from '../../desk/access/api-keys.ts';
import { parseOptions, UsageError } from '../shared/usage.ts';
import { messageOf } from '../../base/errors.ts';

const usage = `Usage: slmrank key new --name NAME [--rate N [--burst N]] [--priority CLASS]

Creates an API key. Prints the line for the key file to standard output, and the key itself, which is stored nowhere, to
standard error:

  slmrank key new --name search >> keys.jsonl

  --name NAME       the client; keys with the same name share a quota
  --rate N          quota: candidates per second (default: none)
  --burst N         candidates that are allowed at once after a pause (default: those of one second)
  --priority CLASS  interactive, or deferrable: served only with spare capacity (default: interactive)`;

export function run(args: readonly string[]): Promise<number> {
  const { values } = parseOptions(args, usage, {
    name: { type: 'string' },
    rate: { type: 'string' },
    burst: { type: 'string' },
    priority: { type: 'string', default: 'interactive' },
  });
  const key = createKey();
  process.stdout.write(`${keyLine(key, values)}\n`);
  process.stderr.write(`The key, shown only once:\n${key}\n`);
  return Promise.resolve(0);
}

interface KeyOptions {
  readonly name?: string | undefined;
  readonly rate?: string | undefined;
  readonly burst?: string | undefined;
  readonly priority?: string | undefined;
}

/** The key's line for the key file, checked by the server's own parser. @throws UsageError */
export function keyLine(key: string, { name, rate, burst, priority }: KeyOptions): string {
  const line = JSON.stringify({
    name,
    sha256: hashKey(key).toString('hex'),
    ...(rate === undefined ? {} : { candidatesPerSecond: Number(rate) }),
    ...(burst === undefined ? {} : { burst: Number(burst) }),
    priority,
  });
  try {
    return parseApiKeys(line, 'the options').map(formatKeyLine).join('');
  } catch (error) {
    throw new UsageError(`${messageOf(error)}\n\n${usage}`);
  }
}
