import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startServerProcess } from '../../src/cli/shared/server-process.ts';
import type { CostWeights } from '../../src/schedule/costs/cost-fit.ts';
import { findPort } from '../suite/server/stand.ts';
import { type Pace, paceVariable } from './pace.ts';

/** A paced server in a process of its own. */
export interface PacedServer {
  /** HOST:PORT; those of metrics and admin likewise. */
  readonly address: string;
  readonly metricsAddress: string;
  readonly adminAddress: string;
  readonly pid: number;
  /** The last lines that it logged. */
  logTail(): string;
  /** SIGTERM: drains, and resolves to the exit status. */
  stop(): Promise<number | 'killed'>;
  /** SIGKILL: ends at once, without a drain. Resolves when the process is gone. */
  kill(): Promise<void>;
}

export interface PacedOptions {
  /** 2 means half as fast as the cost says. */
  readonly factor: number;
  readonly replicas: number;
  /** Where to listen, to start again where a server was; a free port by default. */
  readonly address?: string;
  /** Settings of this server, by the names of their variables. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** What the servers of a fleet share. */
export interface FleetOptions {
  /** A built model; a tiny one, since its run must be shorter than the pace. */
  readonly model: string;
  readonly cost: CostWeights;
  readonly spread: number;
  readonly seed: number;
  readonly settings?: Readonly<Record<string, string>>;
}

const startTimeoutMs = 120_000;

/** Scores are computed, so that every request costs its run; one encoder is enough for a pace. */
const usualSettings = {
  SLMRANK_METRICS_ADDRESS: '127.0.0.1:0',
  SLMRANK_ADMIN_ADDRESS: '127.0.0.1:0',
  SLMRANK_CACHE_ENTRIES: '0',
  SLMRANK_ENCODERS: '1',
};

/** Starts all servers at the same time; if one does not start, stops the others. */
export async function startFleet(
  fleet: FleetOptions,
  servers: readonly PacedOptions[],
): Promise<readonly PacedServer[]> {
  const starts = await Promise.allSettled(
    servers.map((server, place) =>
      startPaced({ ...fleet, seed: fleet.seed + 1000 * place }, server),
    ),
  );
  const started = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  const failure = starts.find((start) => start.status === 'rejected');
  if (failure !== undefined) {
    await Promise.all(started.map((server) => server.kill()));
    throw failure.reason;
  }
  return started;
}

/** Starts one server. @throws ServerStartError */
export async function startPaced(
  { model, cost, spread, seed, settings: shared }: FleetOptions,
  { factor, replicas, address = '127.0.0.1:0', settings }: PacedOptions,
): Promise<PacedServer> {
  const pace: Pace = { cost, factor, spread, seed };
  let tellReady: (line: string) => void = () => undefined;
  const ready = new Promise<string>((resolve) => {
    tellReady = resolve;
  });
  const server = await startServerProcess({
    entry: fileURLToPath(new URL(`./server-main${extname(import.meta.url)}`, import.meta.url)),
    settings: {
      ...usualSettings,
      SLMRANK_MODEL: model,
      SLMRANK_DEVICES: `cpu:${replicas}`,
      SLMRANK_ADDRESS: address,
      ...shared,
      ...settings,
      // Its line 'ready' names the addresses of metrics and admin.
      SLMRANK_LOG_LEVEL: 'info',
      [paceVariable]: JSON.stringify(pace),
    },
    timeoutMs: startTimeoutMs,
    onLine: (line) => {
      if (findPort(line, 'metrics') !== undefined) {
        tellReady(line);
      }
    },
  });
  const line = await ready;
  return {
    address: server.address,
    metricsAddress: findPort(line, 'metrics') ?? '',
    adminAddress: findPort(line, 'admin') ?? '',
    pid: server.pid,
    logTail: () => server.logTail(),
    stop: () => server.stop(),
    kill: () => server.kill(),
  };
}
