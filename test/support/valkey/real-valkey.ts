import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { findFreePort } from '../../../bench/free-address.ts';

/** The server's binary that this machine has; undefined if it has none. */
export const valkeyBinary = ['valkey-server', 'redis-server'].find((name) => {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});

export const noValkey =
  'not tested with a real server: neither valkey-server nor redis-server is installed (apt packages of these names)';

export interface RealValkey {
  readonly port: number;
  readonly process: ChildProcess;
  /** SIGKILL: the server has no time to say goodbye. */
  kill(): Promise<void>;
}

/** Starts a server that keeps everything in memory. `port` 0 takes a free one. */
export async function startValkey(args: readonly string[] = [], port = 0): Promise<RealValkey> {
  if (valkeyBinary === undefined) {
    throw new Error(noValkey);
  }
  const chosen = port === 0 ? await findFreePort() : port;
  const fixed = ['--port', String(chosen), '--bind', '127.0.0.1', '--save', '', '--dir', '/tmp'];
  const child = spawn(valkeyBinary, [...fixed, '--appendonly', 'no', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    let printed = '';
    child.once('exit', () => reject(new Error(`${valkeyBinary} did not start: ${printed}`)));
    child.stdout.on('data', (bytes: Buffer) => {
      printed += String(bytes);
      if (printed.includes('Ready to accept connections')) {
        resolve();
      }
    });
  });
  return {
    port: chosen,
    process: child,
    kill: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        const gone = once(child, 'exit');
        child.kill('SIGKILL');
        await gone;
      }
    },
  };
}
