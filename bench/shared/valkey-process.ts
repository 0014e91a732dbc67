import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { Valkey } from '../../src/valkey/valkey.ts';
import { findFreePort } from '../free-address.ts';
import type { Hands } from './faults.ts';
import { Proxy } from './proxy.ts';

/** A Valkey with a proxy in front of it, and what can be done to it. */
export interface ValkeyProcess extends Hands {
  /** As its INFO says. */
  readonly version: string;
  close(): Promise<void>;
}

/** @throws Error when neither valkey-server nor redis-server is installed. */
export async function startValkeyProcess(): Promise<ValkeyProcess> {
  const binary = ['valkey-server', 'redis-server'].find(
    (name) => spawnSync(name, ['--version']).status === 0,
  );
  if (binary === undefined) {
    throw new Error('neither valkey-server nor redis-server is installed (apt packages)');
  }
  const [, version = ''] = /v=(\S+)/.exec(String(spawnSync(binary, ['--version']).stdout)) ?? [];
  const port = await findFreePort();
  let child = await start(binary, port);
  const proxy = await Proxy.start(port);
  const kill = async () => {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  return {
    version: `${binary} ${version}`,
    proxy,
    kill,
    restart: async () => {
      child = await start(binary, port);
    },
    signal: (signal) => void child.kill(signal),
    limit: (bytes) => configure(port, ['SET', 'maxmemory', bytes]),
    close: async () => {
      proxy.close();
      await kill();
    },
  };
}

async function start(binary: string, port: number): Promise<ChildProcess> {
  const memoryOnly = ['--save', '', '--appendonly', 'no', '--dir', '/tmp'];
  const args = ['--port', String(port), '--bind', '127.0.0.1', ...memoryOnly];
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const bytes of child.stdout) {
    if (String(bytes).includes('Ready to accept connections')) {
      break;
    }
  }
  return child;
}

async function configure(port: number, args: readonly (string | number)[]): Promise<void> {
  const place = { host: '127.0.0.1', port, isTls: false, db: 0 };
  await new Promise<void>((resolve, reject) => {
    const valkey: Valkey = new Valkey({
      ...place,
      timeoutMs: 1000,
      onConnection: (isConnected, reason) => {
        if (!isConnected) {
          reject(new Error(reason));
          return;
        }
        void valkey.run('CONFIG', args, { mostBytes: 100 }).then((reply) => {
          valkey.close();
          if (reply === undefined) {
            reject(new Error('CONFIG was refused'));
          } else {
            resolve();
          }
        });
      },
    });
  });
}
