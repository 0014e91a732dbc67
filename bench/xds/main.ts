import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { at } from '../../src/base/at.ts';
import { messageOf } from '../../src/base/errors.ts';
import { createRandom } from '../../src/base/random.ts';
import { parseOptions, UsageError } from '../../src/cli/shared/usage.ts';
import { projectFolder } from '../../src/toolchain/build/project-folder.ts';
import { rankPath } from '../balance/method.ts';
import { buildGo } from '../balance/play/go.ts';
import type { CallEnd } from '../balance/play/plan.ts';
import { Stand } from '../balance/stand.ts';
import { poissonArrivals } from '../suite/traffic/arrivals.ts';
import {
  type ControlPlane,
  type Endpoint,
  serviceName,
  startControlPlane,
} from './control-plane.ts';
import { findFaults } from './faults.ts';

const usage = `Usage: npm run check:xds -- [--out DIR]

Starts three servers of unequal speed, the control plane of examples/xds, and clients that know only
the control plane: grpc-go, and grpc-js when examples/xds has its packages (npm ci there). Checks
that calls are spread by the servers' speeds, that a server gets no more calls once it is taken out,
and that no call fails. Needs \`go\`.`;

/** The server that is taken out, and when. */
const removed = { place: 1, atSeconds: 10, knownSeconds: 1 } as const;
const seconds = 18;
/** Requests per second: under half of what the servers can do without the removed one. */
const perSecond = 50;
const warmSeconds = 4;

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseOptions(args, usage, {
    out: { type: 'string', default: 'bench/out/xds' },
  });
  const { out } = values;
  await mkdir(out, { recursive: true });
  const playGo = buildGo(out);
  if (playGo === undefined) {
    process.stdout.write('SKIPPED: `go` is not on the PATH, and the control plane is in Go\n');
    return 0;
  }
  const stand = await Stand.start({ factors: [1, 1.5, 3], replicas: 2, out, seed: 1 });
  // The fast and the slow server share a zone, since zones get calls by their number of servers.
  const endpoints = stand.addresses.map(
    (address, place): Endpoint => ({
      address,
      region: 'here',
      zone: place === removed.place ? 'b' : 'a',
    }),
  );
  const plane = await startControlPlane(out, endpoints);
  try {
    process.env['GRPC_XDS_BOOTSTRAP_CONFIG'] = plane.bootstrap;
    const ends = await playGo(planOf(stand), () => {
      setTimeout(() => plane.publish(without(endpoints)), 1000 * removed.atSeconds);
    });
    const [gone] = [at(stand.addresses, removed.place)];
    const faults = [
      ...findFaults(ends, stand.addresses, {
        gone,
        warmMs: 1000 * warmSeconds,
        removedAtMs: 1000 * removed.atSeconds,
        knownAtMs: 1000 * (removed.atSeconds + removed.knownSeconds),
      }),
      ...(await checkJavascript(plane, gone)),
    ];
    say(describe(ends, stand.addresses));
    say(faults.length === 0 ? 'no fault' : `FAULTS: ${faults.join('; ')}`);
    return faults.length === 0 ? 0 : 1;
  } finally {
    await plane.stop();
    await stand.stop();
  }
}

function planOf({ requests: { messages } }: Stand) {
  const random = createRandom(3);
  return {
    addresses: [`xds:///${serviceName}`],
    serviceConfig: '{}',
    method: rankPath,
    deadlineMs: 5000,
    messages,
    arrivals: poissonArrivals([{ seconds, perSecond }], random).map((atMs) => ({
      atMs,
      message: Math.floor(random() * messages.length),
    })),
  };
}

function without(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  return endpoints.filter((_, place) => place !== removed.place);
}

/** The example's client, after the removal. */
async function checkJavascript(plane: ControlPlane, gone: string): Promise<readonly string[]> {
  const cwd = projectFolder('examples/xds');
  if (!existsSync(`${cwd}/node_modules`)) {
    say('SKIPPED grpc-js: examples/xds has no node_modules (npm ci there)');
    return [];
  }
  const env = {
    ...process.env,
    GRPC_XDS_BOOTSTRAP_CONFIG: plane.bootstrap,
    GRPC_EXPERIMENTAL_XDS_WRR_LB: 'true',
  };
  const { stdout } = await promisify(execFile)('node', ['client.js', '100'], { cwd, env });
  say(`grpc-js: ${stdout.trim()}`);
  const answered = JSON.parse(stdout) as Readonly<Record<string, number>>;
  return gone in answered ? [`grpc-js called ${gone}, which had been taken out`] : [];
}

function describe(ends: readonly CallEnd[], addresses: readonly string[]): string {
  const shares = (from: number, to: number) => {
    const due = ends.filter(({ dueAtMs }) => dueAtMs >= 1000 * from && dueAtMs < 1000 * to);
    return addresses
      .map((address) => due.filter(({ server }) => server === address).length)
      .join(', ');
  };
  return (
    `grpc-go: ${ends.length} calls; of each server before the removal ` +
    `${shares(warmSeconds, removed.atSeconds)}, after it ` +
    shares(removed.atSeconds + removed.knownSeconds, seconds)
  );
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`xds: ${messageOf(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
