import type { Config } from '../../config/config.ts';
import { countCores } from '../../config/count-cores.ts';
import { servedLimits } from '../../encode/served-limits.ts';
import type { Manifest } from '../../model/manifest.ts';
import type { RunningServer } from '../../server/server.ts';

/** What is printed once the server answers. */
export function readyLine(
  { address, httpAddress }: Pick<RunningServer, 'address' | 'httpAddress'>,
  config: Config,
  manifest: Manifest,
): string {
  const slots = config.devices.map(({ name }) => name);
  const { cores, from } = countCores();
  const replicas = `${slots.length} replica${slots.length > 1 ? 's' : ''} (${slots.join(', ')})`;
  const http = httpAddress === undefined ? '' : `; HTTP on ${httpAddress}`;
  return (
    `slmrank ready on ${address}: model ${manifest.name} (${manifest.precision}), ` +
    `fingerprint ${manifest.fingerprint.slice(0, 12)}, ${replicas}, ` +
    `up to ${config.candidates} candidates of ${servedLimits(config, manifest).candidateTokens} ` +
    `tokens a request; ${cores} core${cores > 1 ? 's' : ''} (${from})${http}`
  );
}
