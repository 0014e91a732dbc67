import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { peakMemoryMb } from '../machine.ts';
import type { AdapterLine } from './adapters/protocol.ts';

export type Round = Extract<AdapterLine, { readonly round: unknown }>['round'];

/** A system in a process of its own. */
export interface AdapterProcess {
  /** Versions and settings, in the adapter's words. */
  readonly about: string;
  /** Ranks the first `requests`, one after the other. @throws Error when the process ends. */
  runRound(requests: number): Promise<Round>;
  /** Peak resident memory in megabytes so far; NaN where there is no /proc. */
  peakMb(): number;
  close(): Promise<void>;
}

const tailLength = 2_000;

/** @throws Error with the end of its standard error when it does not start. */
export async function startAdapter(
  [program, ...args]: readonly [string, ...string[]],
  taskFile: string,
): Promise<AdapterProcess> {
  const child = spawn(program, [...args, taskFile], { stdio: ['pipe', 'pipe', 'pipe'] });
  let tail = '';
  child.stderr.on('data', (chunk: Buffer) => {
    tail = (tail + chunk.toString()).slice(-tailLength);
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const read = async (): Promise<AdapterLine> => {
    for (let next = await lines.next(); next.done !== true; next = await lines.next()) {
      if (next.value.startsWith('{')) {
        return JSON.parse(next.value) as AdapterLine;
      }
    }
    await ended;
    throw new Error(`${args.join(' ')} ended with status ${String(child.exitCode)}:\n${tail}`);
  };
  const first = await read();
  if (!('ready' in first)) {
    throw new Error(`${args.join(' ')} answered before it was asked`);
  }
  return {
    about: first.ready.about,
    runRound: async (requests) => {
      child.stdin.write(`${requests}\n`);
      const answer = await read();
      return 'round' in answer ? answer.round : [];
    },
    peakMb: () => peakMemoryMb(first.ready.pid),
    close: () => end(child, ended),
  };
}

async function end(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.stdin?.end();
  await ended;
}
