import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { at } from '../../../src/base/at.ts';
import { projectFolder } from '../../../src/toolchain/build/project-folder.ts';
import { findFreePort } from '../../free-address.ts';

/** The parts of deploy/envoy/envoy.yaml that a test or a bench changes. */
interface EnvoyConfig {
  admin: { address: Address };
  readonly static_resources: {
    readonly listeners: readonly { address: Address }[];
    readonly clusters: readonly {
      readonly name: string;
      type: string;
      readonly load_assignment: { endpoints: unknown };
      load_balancing_policy: unknown;
    }[];
  };
}

interface Address {
  socket_address: { address: string; port_value: number };
}

export interface EnvoyOptions {
  /** HOST:PORT of each server. */
  readonly servers: readonly string[];
  readonly policy: 'least_request' | 'client_side_weighted_round_robin' | 'round_robin';
  readonly out: string;
}

export interface RunningEnvoy {
  readonly address: string;
  readonly admin: string;
  stop(): Promise<void>;
}

const policies = {
  least_request: { type: 'least_request.v3.LeastRequest', settings: { choice_count: 2 } },
  round_robin: { type: 'round_robin.v3.RoundRobin', settings: {} },
  client_side_weighted_round_robin: {
    type: 'client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin',
    settings: {
      blackout_period: '2s',
      weight_update_period: '1s',
      error_utilization_penalty: 1,
    },
  },
} as const;

/** The program: $ENVOY, or `envoy` on the PATH; undefined if there is none. */
export function findEnvoy(): string | undefined {
  const { ENVOY: program = 'envoy' } = process.env;
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return program;
  } catch {
    return undefined;
  }
}

/** Starts Envoy with deploy/envoy/envoy.yaml in front of these servers, on free ports. */
export async function startEnvoy(program: string, options: EnvoyOptions): Promise<RunningEnvoy> {
  const [port, adminPort] = [await findFreePort(), await findFreePort()];
  const text = readFileSync(projectFolder('deploy/envoy/envoy.yaml'), 'utf8');
  const config = configure(parse(text) as EnvoyConfig, { port, adminPort }, options);
  const file = join(options.out, `envoy-${options.policy}.json`);
  writeFileSync(file, JSON.stringify(config));
  const child = spawn(
    program,
    ['-c', file, '--use-dynamic-base-id', '--concurrency', '1', '-l', 'error'],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const envoy = {
    address: `127.0.0.1:${port}`,
    admin: `127.0.0.1:${adminPort}`,
    stop: () => stop(child),
  };
  await waitUntilReady(envoy.admin, child);
  return envoy;
}

export function configure(
  config: EnvoyConfig,
  { port, adminPort }: { readonly port: number; readonly adminPort: number },
  { servers, policy }: Pick<EnvoyOptions, 'servers' | 'policy'>,
): EnvoyConfig {
  const { listeners, clusters } = config.static_resources;
  config.admin.address = toAddress(`127.0.0.1:${adminPort}`);
  at(listeners, 0).address = toAddress(`127.0.0.1:${port}`);
  const { type, settings } = policies[policy];
  for (const cluster of clusters.filter(({ name }) => name === 'slmrank_grpc')) {
    cluster.type = 'STATIC';
    cluster.load_assignment.endpoints = [
      { lb_endpoints: servers.map((server) => ({ endpoint: { address: toAddress(server) } })) },
    ];
    cluster.load_balancing_policy = {
      policies: [
        {
          typed_extension_config: {
            name: `envoy.load_balancing_policies.${policy}`,
            typed_config: {
              '@type': `type.googleapis.com/envoy.extensions.load_balancing_policies.${type}`,
              ...settings,
            },
          },
        },
      ],
    };
  }
  return config;
}

function toAddress(server: string): Address {
  const colon = server.lastIndexOf(':');
  const port = Number(server.slice(colon + 1));
  return { socket_address: { address: server.slice(0, colon), port_value: port } };
}

/** Ready when every configured server of the gRPC cluster has passed a health check. */
async function waitUntilReady(admin: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 100 && child.exitCode === null; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const stats = await fetch(`http://${admin}/stats?filter=slmrank_grpc.membership`)
      .then((answer) => answer.text())
      .catch(() => '');
    const [total, healthy] = ['total', 'healthy'].map(
      (name) => new RegExp(`membership_${name}: (\\d+)`).exec(stats)?.[1],
    );
    if (total !== undefined && total !== '0' && total === healthy) {
      return;
    }
  }
  child.kill('SIGKILL');
  throw new Error('Envoy was not ready after 10 s, or ended; it has written why');
}

async function stop(child: ChildProcess): Promise<void> {
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exited;
}
