import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { at } from '../../../src/base/at.ts';

/** A request as every adapter gets it: as texts, and as token ids of the model's own template. */
export interface PeerRequest {
  readonly query: string;
  readonly candidates: readonly { readonly title: string; readonly text: string }[];
  /** Token ids that all candidates of the request begin with. */
  readonly prefix: readonly number[];
  /** Token ids of each candidate and what follows it, without the prefix. */
  readonly rows: readonly (readonly number[])[];
}

/** The file that an adapter gets as its only argument. */
export interface AdapterTask {
  readonly requests: readonly PeerRequest[];
  /** Token ids of the answers. */
  readonly labels: { readonly yes: number; readonly no: number };
  readonly threads: number;
  /** The weights in the form that this adapter reads: a file or a folder. */
  readonly model: string;
  /** What else differs between systems with the same adapter. */
  readonly options: Readonly<Record<string, string>>;
}

export interface Adapter {
  /** Versions and settings, for the report. */
  readonly about: string;
  /** The process whose memory counts, where it is not the adapter's own. */
  readonly pid?: number;
  /** A score of each candidate, p(yes) where there are labels; the higher the better. */
  rank(request: PeerRequest): Promise<readonly number[]>;
  close(): Promise<void>;
}

/** One line of an adapter's output. */
export type AdapterLine =
  | { readonly ready: { readonly about: string; readonly pid: number } }
  | { readonly round: readonly { readonly ms: number; readonly scores: readonly number[] }[] };

/**
 * The adapter's side: opens it and says that it is ready. A line of standard input has a number of
 * requests, which are then ranked, one after the other. protocol.mjs and protocol.py do the same.
 */
export async function serveAdapter(open: (task: AdapterTask) => Promise<Adapter>): Promise<void> {
  const task = JSON.parse(await readFile(at(process.argv, 2), 'utf8')) as AdapterTask;
  const adapter = await open(task);
  say({ ready: { about: adapter.about, pid: adapter.pid ?? process.pid } });
  for await (const line of createInterface({ input: process.stdin })) {
    const round = [];
    for (const request of task.requests.slice(0, Number(line))) {
      const startedAtMs = performance.now();
      const scores = await adapter.rank(request);
      round.push({ ms: performance.now() - startedAtMs, scores });
    }
    say({ round });
  }
  await adapter.close();
  process.exit(0);
}

function say(line: AdapterLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
