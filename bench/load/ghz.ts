import { execFileSync, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { JsonRecord } from '../../src/base/files/json-record.ts';
import type { LoadOptions } from './options.ts';

/** One request as ghz saw it. */
export interface Call {
  readonly startedMs: number;
  readonly endedMs: number;
  /** `OK`, `DeadlineExceeded`, ... */
  readonly status: string;
}

/** @throws Error saying how to get ghz when it is not there. */
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
      `ghz is not there (looked in ${where}). Get it with\n\n` +
        '  go install github.com/bojand/ghz/cmd/ghz@latest\n\n' +
        'or name it with --ghz PATH',
    );
  }
  return found;
}

/**
 * Open loop: requests leave on a clock of their own, so that a slow answer delays no later request and waiting in the
 * queue is part of the latency (a closed loop would send less just when the server is slow, and so hide it). For that
 * --rps sets the clock, and --async lets a sender go on without awaiting its answer; --concurrency is then
 * only the number of senders. -n, not a duration: every request sent is awaited and counted. The service is read by
 * reflection, as ghz's own parser does not know `optional` fields.
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

/** Runs ghz to its end. @throws Error with what it said when it fails or hangs. */
export async function runGhz(ghz: string, args: readonly string[], limitMs: number): Promise<void> {
  const child = spawn(ghz, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said = `${said}${chunk.toString()}`.slice(-4_000);
    });
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).finally(() => clearTimeout(timer));
  if (status !== 0) {
    throw new Error(`ghz ended with ${status ?? 'a signal'} (${args.join(' ')}):\n${said}`);
  }
}

/** ghz's JSON: `timestamp` is the end of a call, `latency` in nanoseconds. */
export async function readCalls(file: string): Promise<readonly Call[]> {
  const json = JsonRecord.parse(await readFile(file, 'utf8'), file);
  return json.records('details').map((record) => {
    const endedMs = Date.parse(record.text('timestamp'));
    return {
      startedMs: endedMs - record.amount('latency') / 1e6,
      endedMs,
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
