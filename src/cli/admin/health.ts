import { createRankingClient } from '../../client/client.ts';
import { explainFailure } from '../../client/explain-failure.ts';
import { tlsOptions, tlsUsage, trustOf } from '../shared/tls-options.ts';
import { parseOptions, UsageError } from '../shared/usage.ts';

const usage = `Usage: slmrank health [--address HOST:PORT] [--service NAME] [--timeout MS]
                      [--tls-ca FILE [--tls-cert FILE --tls-key FILE] [--tls-name NAME]]

Asks a server over grpc.health.v1 and prints its state. Exit status 0 when it is SERVING, else 1.

  --address HOST:PORT  the server (default: 127.0.0.1:50051)
  --service NAME       a service, such as slmrank.v1.RankingService (default: the whole server)
  --timeout MS         how long to wait for the answer (default: 3000)
${tlsUsage}`;

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseOptions(args, usage, {
    address: { type: 'string', default: '127.0.0.1:50051' },
    service: { type: 'string', default: '' },
    timeout: { type: 'string', default: '3000' },
    ...tlsOptions,
  });
  const timeoutMs = Number(values.timeout);
  if (!(timeoutMs > 0)) {
    throw new UsageError(`--timeout is '${values.timeout}'; a number of milliseconds is needed`);
  }
  const client = createRankingClient(values.address, trustOf(values));
  try {
    const state = await client.checkHealth(values.service, timeoutMs);
    process.stdout.write(`${state}\n`);
    return state === 'SERVING' ? 0 : 1;
  } catch (error) {
    throw await explainFailure(error, values.address, values['tls-ca'] !== undefined);
  } finally {
    client.close();
  }
}
