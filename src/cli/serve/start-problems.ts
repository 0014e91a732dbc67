import { lookup } from 'node:dns/promises';
import { accessSync, constants, existsSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { type ReadConfig, typedName } from '../../config/config.ts';
import { findCudaProblem } from '../../engine/cuda-libraries.ts';
import { readApiKeys } from '../../desk/access/api-keys.ts';
import { findTlsProblems } from '../../server/tls.ts';
import { messageOf } from '../../base/errors.ts';
import { readValkeySecrets } from './open-valkey.ts';

/**
 * Finds, before the model is loaded, what would make the start fail afterwards: addresses in use,
 * missing or unusable files, CUDA without its libraries. Each problem names its setting as typed.
 */
export async function findStartProblems(config: ReadConfig): Promise<readonly string[]> {
  return [
    ...findDeviceProblems(config),
    ...findModelProblems(config),
    ...findCaptureProblems(config),
    ...findTlsProblems(config),
    ...findKeyProblems(config),
    ...findValkeyProblems(config),
    ...(await findTakenAddresses(config)),
  ];
}

function findDeviceProblems(config: ReadConfig): readonly string[] {
  const isCuda = config.devices?.some(({ provider }) => provider === 'cuda') === true;
  const problem = isCuda ? findCudaProblem() : undefined;
  return problem === undefined ? [] : [`${typedName(config, 'devices')}: ${problem}`];
}

function findModelProblems(config: ReadConfig): readonly string[] {
  const { model } = config;
  if (model === undefined || existsSync(join(model, 'manifest.json'))) {
    return [];
  }
  return [
    `${typedName(config, 'model')}: ${model} is not a built model: it has no manifest.json. Build it with 'slmrank model build', give another folder, or none for the bundled model`,
  ];
}

function findCaptureProblems(config: ReadConfig): readonly string[] {
  const { capture } = config;
  if (capture === undefined) {
    return [];
  }
  try {
    accessSync(existsSync(capture) ? capture : dirname(capture), constants.W_OK);
    return [];
  } catch (error) {
    return [`${typedName(config, 'capture')}: '${capture}' cannot be written: ${messageOf(error)}`];
  }
}

function findKeyProblems(config: ReadConfig): readonly string[] {
  try {
    readApiKeys(config);
    return [];
  } catch (error) {
    return [messageOf(error)];
  }
}

function findValkeyProblems(config: ReadConfig): readonly string[] {
  try {
    readValkeySecrets(config);
    return [];
  } catch (error) {
    return [messageOf(error)];
  }
}

/**
 * Listens on each address and closes it again, because a client would get no answer until the model
 * is warm. All addresses are open at the same time, to find two that conflict.
 */
async function findTakenAddresses(config: ReadConfig): Promise<readonly string[]> {
  const problems: string[] = [];
  const listening: Server[] = [];
  const tried = new Set<string>();
  for (const setting of ['address', 'adminAddress', 'metricsAddress'] as const) {
    const address = config[setting];
    if (address !== undefined && !tried.has(address)) {
      const { servers, problem } = await tryAddress(address);
      listening.push(...servers);
      const off = setting === 'address' ? '' : "; 'off' for none";
      if (problem !== undefined) {
        problems.push(
          `${typedName(config, setting)}: cannot listen on ${address}: ${problem}${off}`,
        );
      }
      tried.add(address);
    }
  }
  await Promise.all(listening.map((server) => new Promise((resolve) => server.close(resolve))));
  return problems;
}

/** A host name may have several IP addresses; one of them is enough, as for the server. */
async function tryAddress(address: string) {
  const servers: Server[] = [];
  let problem: string | undefined;
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  try {
    for (const { address: ip } of await lookup(host, { all: true })) {
      try {
        servers.push(await listen(ip, Number(address.slice(colon + 1))));
      } catch (error) {
        problem = reasonOf(error);
      }
    }
  } catch (error) {
    problem = reasonOf(error);
  }
  return { servers, problem: servers.length > 0 ? undefined : problem };
}

async function listen(host: string, port: number): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, resolve);
  });
  return server;
}

const reasons: ReadonlyMap<string | undefined, string> = new Map([
  ['EADDRINUSE', 'another process already uses it (EADDRINUSE)'],
  ['EADDRNOTAVAIL', 'this machine does not have the address (EADDRNOTAVAIL)'],
  ['EACCES', 'the port needs a privilege that this process lacks (EACCES)'],
  ['ENOTFOUND', 'there is no such host (ENOTFOUND)'],
]);

function reasonOf(error: unknown): string {
  return reasons.get((error as NodeJS.ErrnoException).code) ?? messageOf(error);
}
