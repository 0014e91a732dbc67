import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Passage } from '../../src/eval/data/beir.ts';
import { at } from '../../src/base/at.ts';
import { sleep } from '../chaos/wait.ts';
import type { Order, Sample } from './generator.ts';
import { type Histogram, observedSince, readHistogram } from './pauses.ts';
import type { Workload } from './requests.ts';
import type { FrontServer } from './served.ts';
import { readThreadTimes, type ThreadTimes, timesSince } from './thread-times.ts';

/** What a server did in a window under one workload. */
export interface Window {
  readonly seconds: number;
  readonly requests: number;
  readonly itemsPerSecond: number;
  readonly p99Ms: number;
  /** Processor milliseconds for each request, by thread. */
  readonly perRequest: ThreadTimes;
  /** Share of the window in which the event loop was busy, waits for a core included. */
  readonly loopShare: number;
  readonly generatorCpuMs: number;
  /** Of the main thread: delays of its event loop (the longest in each second), and collections. */
  readonly lag: Histogram;
  readonly collections: Histogram;
}

const warmMs = 1500;

/** The load generator, in a process of its own. */
export class Generator {
  readonly #process: ChildProcess;

  constructor(postings: readonly Passage[]) {
    const file = new URL(`./generator${extname(import.meta.url)}`, import.meta.url);
    this.#process = fork(fileURLToPath(file));
    this.#order({ kind: 'postings', postings });
  }

  /** @throws Error when a request was not answered as it should be. */
  async measure(server: FrontServer, workload: Workload, seconds: number): Promise<Window> {
    this.#order({ kind: 'start', address: server.address, workload });
    await sleep(warmMs);
    await this.#sample();
    const before = await readServer(server);
    const startedAtMs = performance.now();
    await sleep(1000 * seconds);
    const sample = await this.#sample();
    const tookMs = performance.now() - startedAtMs;
    const after = await readServer(server);
    this.#order({ kind: 'stop' });
    if (sample.error !== undefined || sample.answered === 0) {
      throw new Error(`${describeWorkload(workload)}: ${sample.error ?? 'nothing was answered'}`);
    }
    return describeWindow({ workload, sample, tookMs, before, after });
  }

  close(): void {
    this.#process.disconnect();
    this.#process.kill();
  }

  async #sample(): Promise<Sample> {
    const reply = once(this.#process, 'message');
    this.#order({ kind: 'sample' });
    const [sample] = (await reply) as [Sample];
    return sample;
  }

  #order(order: Order): void {
    this.#process.send(order);
  }
}

export function describeWorkload({ input, call, candidates }: Workload): string {
  return `${input}, ${call}, ${candidates}`;
}

interface ServerState {
  readonly threads: ThreadTimes;
  readonly exposition: string;
}

async function readServer(server: FrontServer): Promise<ServerState> {
  return { threads: readThreadTimes(server.pid), exposition: await server.metrics() };
}

function describeWindow(parts: {
  readonly workload: Workload;
  readonly sample: Sample;
  readonly tookMs: number;
  readonly before: ServerState;
  readonly after: ServerState;
}): Window {
  const { workload, sample, tookMs, before, after } = parts;
  const requests = sample.answered;
  const times = timesSince(before.threads, after.threads);
  const latencies = [...sample.latenciesMs].sort((a, b) => a - b);
  const histogram = (name: string) =>
    observedSince(readHistogram(before.exposition, name), readHistogram(after.exposition, name));
  return {
    seconds: tookMs / 1000,
    requests,
    itemsPerSecond: (1000 * requests * workload.candidates) / tookMs,
    p99Ms: at(latencies, Math.floor(0.99 * latencies.length)),
    perRequest: {
      main: times.main / requests,
      encoder: times.encoder / requests,
      replica: times.replica / requests,
      others: times.others / requests,
      mainWaited: times.mainWaited / requests,
    },
    loopShare: (1000 * (readActive(after.exposition) - readActive(before.exposition))) / tookMs,
    generatorCpuMs: sample.cpuMs / requests,
    lag: histogram('slmrank_event_loop_lag_seconds'),
    collections: histogram('slmrank_gc_pause_seconds'),
  };
}

function readActive(exposition: string): number {
  const line = /^slmrank_event_loop_active_seconds_total (\S+)/m.exec(exposition);
  return Number(line?.[1]);
}
