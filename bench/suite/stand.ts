import { residentMb } from '../load/watch-memory.ts';
import { startServerProcess } from '../../src/cli/server-process.ts';
import { EndedLines, fetchMetrics, readCounters } from './server-record.ts';
import type { Tally } from './ends.ts';

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
  /** Ends by request id; undefined for a server that others started. */
  readonly log: EndedLines | undefined;
  readonly memory: readonly MemorySample[];
  nowMs(): number;
  /** Of requests, by outcome; undefined when the server does not count or cannot be asked. */
  counters(): Promise<Tally | undefined>;
  metrics(): Promise<string | undefined>;
  stop(): Promise<void>;
}

/** A server of our own in a child process: its log tells of every request, its memory is watched. */
export async function startStand(settings: Readonly<Record<string, string>>): Promise<Stand> {
  const log = new EndedLines();
  let metricsAddress: string | undefined;
  const server = await startServerProcess({
    settings: {
      SLMRANK_LOG_LEVEL: 'debug',
      SLMRANK_METRICS_ADDRESS: '127.0.0.1:0',
      ...settings,
    },
    timeoutMs: startTimeoutMs,
    onLine: (line) => {
      log.read(line);
      metricsAddress ??= findMetricsAddress(line);
    },
  });
  const watch = watchResident(server.pid);
  return {
    ...watch,
    address: server.address,
    log,
    ...asking(() => metricsAddress),
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
    log: undefined,
    memory: [],
    nowMs: () => performance.now() - startedMs,
    ...asking(() => metrics),
    stop: () => Promise.resolve(),
  };
}

/** In the line by which the server's log says that it is ready. */
export function findMetricsAddress(line: string): string | undefined {
  return /"metrics":"([^"]+)"/.exec(line)?.[1];
}

function asking(addressOf: () => string | undefined): Pick<Stand, 'counters' | 'metrics'> {
  const metrics = async () => {
    const address = addressOf();
    return address === undefined ? undefined : fetchMetrics(address);
  };
  return {
    metrics,
    counters: async () => {
      const text = await metrics();
      return text === undefined ? undefined : readCounters(text);
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
