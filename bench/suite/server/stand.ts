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

/** The server under test and what can be learnt of it from outside. */
export interface Stand {
  readonly address: string;
  /** Undefined for a server that others started. */
  readonly pid: number | undefined;
  /** Ends by request id; undefined for a server that others started. */
  readonly log: EndedLines | undefined;
  readonly memory: readonly MemorySample[];
  nowMs(): number;
  /** The exposition of its metrics; undefined when it cannot be asked. */
  metrics(): Promise<string | undefined>;
  /** Where its admin service listens; undefined for none. */
  adminAddress(): string | undefined;
  stop(): Promise<void>;
}

/** A server of our own in a child process: its log tells of every request, its memory is watched. */
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
    ...asking(() => findPort(ready, 'metrics')),
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

/** Somebody else's server. */
export function openStand(address: string, metrics: string | undefined): Stand {
  const startedMs = performance.now();
  return {
    address,
    pid: undefined,
    log: undefined,
    memory: [],
    nowMs: () => performance.now() - startedMs,
    ...asking(() => metrics),
    adminAddress: () => undefined,
    stop: () => Promise.resolve(),
  };
}

/** An address in the line by which the server's log says that it is ready. */
export function findPort(readyLine: string, name: 'metrics' | 'admin'): string | undefined {
  return new RegExp(`"${name}":"([^"]+)"`).exec(readyLine)?.[1];
}

function asking(addressOf: () => string | undefined): Pick<Stand, 'metrics'> {
  return {
    metrics: async () => {
      const address = addressOf();
      return address === undefined ? undefined : fetchMetrics(address);
    },
  };
}

function watchResident(pid: number) {
  const startedMs = performance.now();
  const memory: MemorySample[] = [];
  const nowMs = () => performance.now() - startedMs;
  const timer = setInterval(() => {
    const mb = residentMb(pid);
    if (mb !== undefined) {
      memory.push({ atMs: nowMs(), mb });
    }
  }, sampleMs);
  return { memory, nowMs, stop: () => clearInterval(timer) };
}
