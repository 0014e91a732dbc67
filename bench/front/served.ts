import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startServerProcess } from '../../src/cli/shared/server-process.ts';
import { createItemClient } from '../../src/client/item-client.ts';
import type { Passage } from '../../src/eval/data/beir.ts';
import { findPort } from '../suite/server/stand.ts';
import { fetchMetrics } from '../suite/server/server-record.ts';

/** A server without a model, in a process of its own, that has the postings as items. */
export interface FrontServer {
  readonly address: string;
  readonly pid: number;
  metrics(): Promise<string>;
  stop(): Promise<unknown>;
}

export interface FrontServerOptions {
  readonly model: string;
  /** Where the item store is made; a folder that does not exist. */
  readonly store: string;
  readonly postings: readonly Passage[];
  /** A build (dist/) of another version to serve with; this one by default. */
  readonly build?: string | undefined;
}

const timeoutMs = 600_000;
const messageItems = 100;

/** @throws ServerStartError, CallError */
export async function startFrontServer(options: FrontServerOptions): Promise<FrontServer> {
  const { model, store, postings, build } = options;
  let ready = '';
  const server = await startServerProcess({
    entry: entryOf(build),
    settings: {
      SLMRANK_MODEL: model,
      SLMRANK_ITEMS: store,
      SLMRANK_ITEM_COMPRESSOR: 'phrases',
      SLMRANK_DEVICES: 'cpu:1',
      SLMRANK_ENCODERS: '1',
      SLMRANK_METRICS_ADDRESS: '127.0.0.1:0',
      // As on a GPU, which takes all that is in flight in a batch or two.
      SLMRANK_TOKEN_BUDGET: '32768',
      SLMRANK_QUEUED_CANDIDATES: '100000',
      SLMRANK_QUEUED_TOKENS: '100000000',
    },
    timeoutMs,
    onLine: (line) => {
      ready = line.includes('"metrics":') ? line : ready;
    },
  });
  await putAll(server.address, postings);
  return {
    address: server.address,
    pid: server.pid,
    metrics: () => fetchMetrics(findPort(ready, 'metrics') ?? ''),
    stop: () => server.stop(),
  };
}

function entryOf(build: string | undefined): string {
  return build === undefined
    ? fileURLToPath(new URL(`./server${extname(import.meta.url)}`, import.meta.url))
    : join(build, 'bench/front/server.js');
}

async function putAll(address: string, postings: readonly Passage[]): Promise<void> {
  const client = createItemClient(address);
  const problems: string[] = [];
  const messages = Array.from({ length: Math.ceil(postings.length / messageItems) }, (_, n) =>
    postings
      .slice(n * messageItems, (n + 1) * messageItems)
      .map((each) => ({ ...each, version: '1' })),
  );
  await client.put(
    messages,
    ({ put, error }) => {
      const [fault] = put?.faults ?? [];
      const problem = error?.message ?? fault?.description;
      if (problem !== undefined) {
        problems.push(problem);
      }
    },
    timeoutMs,
  );
  client.close();
  const [problem] = problems;
  if (problem !== undefined) {
    throw new Error(`items were not stored: ${problem}`);
  }
}
