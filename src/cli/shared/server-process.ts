import { type ChildProcess, spawn } from 'node:child_process';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../base/errors.ts';

/** The real server, in a process of its own. */
export interface ServerProcess {
  /** HOST:PORT, where it listens. */
  readonly address: string;
  /** The same for HTTP; undefined when it is off. */
  readonly httpAddress: string | undefined;
  readonly pid: number;
  /** The last lines that it logged. */
  logTail(): string;
  /** SIGTERM, then waits for the drain and the exit. Resolves to its exit status, or 'killed'. */
  stop(): Promise<number | 'killed'>;
  /** SIGKILL, without a drain. Resolves when the process is gone. */
  kill(): Promise<void>;
}

/** The server ended, or was not ready in time; the message ends with its log's tail. */
export class ServerStartError extends Error {
  override readonly name = 'ServerStartError';
}

export interface StartOptions {
  /** Settings that differ from the surrounding environment. */
  readonly settings: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** The program to run; the server itself by default. */
  readonly entry?: string;
  /** Called with each line of its standard output and standard error. */
  readonly onLine?: (line: string) => void;
}

/** Free ports only, because other servers may run on this machine. */
const ownPorts = {
  SLMRANK_ADDRESS: '127.0.0.1:0',
  SLMRANK_ADMIN_ADDRESS: 'off',
  SLMRANK_METRICS_ADDRESS: 'off',
};
/** As in `npm start` and the images; docs/operations.md, "Memory", has the reason. */
const allocator = { MALLOC_ARENA_MAX: '2' };
const tailLines = 40;
/** Longer than the server's own drain. After it the server is killed. */
const stopTimeoutMs = 60_000;

/**
 * Starts the server on a free port of this machine and waits until it says that it is ready.
 *
 * @throws ServerStartError
 */
export async function startServerProcess(options: StartOptions): Promise<ServerProcess> {
  const child = spawn(process.execPath, programOf(options.entry ?? serverEntry()), {
    env: { ...allocator, ...process.env, ...ownPorts, ...options.settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const logTail = () => lines.join('\n');
  const exited = exitOf(child);
  const ready = new Promise<ReadyAddresses>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        options.onLine?.(line);
        lines.push(line);
        lines.splice(0, lines.length - tailLines);
        const addresses = findReadyAddresses(line);
        if (addresses !== undefined) {
          resolve(addresses);
        }
      });
    }
  });
  const addresses = await firstOf(ready, exited, options.timeoutMs).catch((error: unknown) => {
    child.kill('SIGKILL');
    const reason = messageOf(error);
    throw new ServerStartError(`${reason}; its log ends with:\n${logTail()}`);
  });
  return {
    ...addresses,
    pid: child.pid ?? 0,
    logTail,
    stop: () => stop(child, exited),
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

type ReadyAddresses = Pick<ServerProcess, 'address' | 'httpAddress'>;

/** The addresses in the server's ready line; undefined for any other line. */
export function findReadyAddresses(line: string): ReadyAddresses | undefined {
  const [, address] = /^slmrank ready on (\S+):\s/.exec(line) ?? [];
  const [, httpAddress] = /; HTTP on (\S+)$/.exec(line) ?? [];
  return address === undefined ? undefined : { address, httpAddress };
}

/** The server's entry, which is beside this file in the sources and in dist/. */
function serverEntry(): string {
  return fileURLToPath(new URL(`../../main${extname(import.meta.url)}`, import.meta.url));
}

/** Node's arguments for an entry. */
function programOf(entry: string): readonly string[] {
  return extname(entry) === '.ts'
    ? ['--import', import.meta.resolve('tsx'), entry]
    : ['--enable-source-maps', entry];
}

function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`an error: ${error.message}`));
    // At 'exit' its last lines may still be unread; at 'close' they are not.
    child.once('close', (status, signal) => {
      resolve(signal === null ? `status ${status ?? 'unknown'}` : `signal ${signal}`);
    });
  });
}

async function firstOf(
  ready: Promise<ReadyAddresses>,
  exited: Promise<string>,
  timeoutMs: number,
): Promise<ReadyAddresses> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`the server was not ready after ${timeoutMs / 1000} s`));
    }, timeoutMs);
  });
  const ended = exited.then((how) => {
    throw new Error(`the server ended with ${how} before it was ready`);
  });
  try {
    return await Promise.race([ready, ended, timeout]);
  } finally {
    clearTimeout(timer);
    ended.catch(() => undefined);
  }
}

async function stop(child: ChildProcess, exited: Promise<string>): Promise<number | 'killed'> {
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
  child.kill('SIGTERM');
  await exited;
  clearTimeout(timer);
  return child.exitCode ?? 'killed';
}
