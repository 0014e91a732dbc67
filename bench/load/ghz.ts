import { execFileSync, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { JsonRecord } from '../../src/base/files/json-record.ts';
import type { LoadOptions } from './options.ts';

/** One request as ghz saw it. */
export interface Call {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** `OK`, `DeadlineExceeded`, ... */
  readonly status: string;
}

/** @throws Error that says how to install ghz if it is not found. */
export function findGhz(given: string | undefined): string {
  const folders = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    process.env['GOBIN'] ?? '',
    join(goPath(), 'bin'),
  ];
  const candidates =
    given === undefined
      ? folders.filter((folder) => folder !== '').map((folder) => join(folder, 'ghz'))
      : [given];
  const found = candidates.find(isExecutable);
  if (found === undefined) {
    const where = given ?? 'PATH, GOBIN and the bin folder of GOPATH';
    throw new Error(
      `ghz was not found in ${where}. Install it with\n\n` +
        '  go install github.com/bojand/ghz/cmd/ghz@latest\n\n' +
        'or give its path with --ghz PATH',
    );
  }
  return found;
}

/**
 * The arguments of an open loop: --rps sets the rate and --async sends without awaiting answers, so
 * a slow answer delays no later request and its time in the queue is measured. (A closed loop sends
 * less when the server is slow, which hides it.) --concurrency is the number of senders. With
 * --total and no duration, ghz awaits every request. It reads the service by reflection, since its
 * own parser does not know `optional` fields.
 */
export function ghzArguments(
  options: LoadOptions,
  files: { readonly requests: string; readonly output: string },
  address: string,
): readonly string[] {
  return [
    '--insecure',
    '--call=slmrank.v1.RankingService/Rank',
    `--binary-file=${files.requests}`,
    `--rps=${options.rps}`,
    `--total=${options.rps * options.seconds}`,
    '--async',
    `--concurrency=${Math.min(options.rps * options.seconds, 2 * options.connections)}`,
    `--connections=${Math.min(options.rps * options.seconds, options.connections)}`,
    `--timeout=${options.deadlineMs}ms`,
    '--format=json',
    `--output=${files.output}`,
    address,
  ];
}

/** @throws Error with ghz's output if it fails, or runs longer than `limitMs`. */
export async function runGhz(ghz: string, args: readonly string[], limitMs: number): Promise<void> {
  const child = spawn(ghz, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = `${output}${chunk.toString()}`.slice(-4_000);
    });
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).finally(() => clearTimeout(timer));
  if (status !== 0) {
    throw new Error(`ghz ended with ${status ?? 'a signal'} (${args.join(' ')}):\n${output}`);
  }
}

/** Reads ghz's JSON report: `timestamp` is the end of a call, and `latency` is in nanoseconds. */
export async function readCalls(file: string): Promise<readonly Call[]> {
  const json = JsonRecord.parse(await readFile(file, 'utf8'), file);
  return json.records('details').map((record) => {
    const endedAtMs = Date.parse(record.text('timestamp'));
    return {
      startedAtMs: endedAtMs - record.amount('latency') / 1e6,
      endedAtMs,
      status: record.text('status'),
    };
  });
}

function goPath(): string {
  try {
    return execFileSync('go', ['env', 'GOPATH'], { encoding: 'utf8' }).trim();
  } catch {
    return join(process.env['HOME'] ?? '', 'go');
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
