import { residentMb } from '../../load/watch-memory.ts';
import { startServerProcess } from '../../../src/cli/shared/server-process.ts';
import { EndedLines, fetchMetrics } from './server-record.ts';

const startTimeoutMs = 600_000;
const sampleMs = 250;

export interface MemorySample {
  /** Milliseconds from the stand's start. */
  readonly atMs: number;
  readonly mb: number;
}

/** The server under test, as it can be observed from outside. */
export interface Stand {
  readonly address: string;
  /** Undefined for a server that we did not start. */
  readonly pid: number | undefined;
  /** Ends by request id; undefined for a server that we did not start. */
  readonly log: EndedLines | undefined;
  readonly memory: readonly MemorySample[];
  nowMs(): number;
  /** The exposition of its metrics; undefined if their address is unknown. */
  metrics(): Promise<string | undefined>;
  /** Where its metrics are; undefined if their address is unknown. */
  metricsAddress(): string | undefined;
  /** The address of its admin service; undefined if there is none. */
  adminAddress(): string | undefined;
  stop(): Promise<void>;
}

/** Starts a server in a child process, reads its log and samples its memory. */
export async function startStand(settings: Readonly<Record<string, string>>): Promise<Stand> {
  const log = new EndedLines();
  let ready = '';
  const server = await startServerProcess({
    settings: {
      SLMRANK_LOG_LEVEL: 'debug',
      SLMRANK_METRICS_ADDRESS: '127.0.0.1:0',
      SLMRANK_ADMIN_ADDRESS: '127.0.0.1:0',
      ...settings,
    },
    timeoutMs: startTimeoutMs,
    onLine: (line) => {
      log.read(line);
      ready = ready === '' && line.includes('"metrics":') ? line : ready;
    },
  });
  const watch = watchResident(server.pid);
  return {
    ...watch,
    address: server.address,
    pid: server.pid,
    log,
    ...metricsFrom(() => findPort(ready, 'metrics')),
    adminAddress: () => findPort(ready, 'admin'),
    stop: async () => {
      watch.stop();
      const exit = await server.stop();
      if (exit !== 0) {
        throw new Error(`the server ended with ${exit}; its log ends with:\n${server.logTail()}`);
      }
    },
  };
}

/** Uses a server that is already running. */
export function openStand(address: string, metrics: string | undefined): Stand {
  const startedAtMs = performance.now();
  return {
    address,
    pid: undefined,
    log: undefined,
    memory: [],
    nowMs: () => performance.now() - startedAtMs,
    ...metricsFrom(() => metrics),
    adminAddress: () => undefined,
    stop: () => Promise.resolve(),
  };
}

/** An address in the log line that says that the server is ready. */
export function findPort(readyLine: string, name: 'metrics' | 'admin'): string | undefined {
  return new RegExp(`"${name}":"([^"]+)"`).exec(readyLine)?.[1];
}

function metricsFrom(
  addressOf: () => string | undefined,
): Pick<Stand, 'metrics' | 'metricsAddress'> {
  return {
    metricsAddress: addressOf,
    metrics: async () => {
      const address = addressOf();
      return address === undefined ? undefined : fetchMetrics(address);
    },
  };
}

function watchResident(pid: number) {
  const startedAtMs = performance.now();
  const memory: MemorySample[] = [];
  const nowMs = () => performance.now() - startedAtMs;
  const timer = setInterval(() => {
    const mb = residentMb(pid);
    if (mb !== undefined) {
      memory.push({ atMs: nowMs(), mb });
    }
  }, sampleMs);
  return { memory, nowMs, stop: () => clearInterval(timer) };
}
