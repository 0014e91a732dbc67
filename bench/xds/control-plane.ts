import { execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve as resolvePath } from 'node:path';
import { createInterface } from 'node:readline';
import { projectFolder } from '../../src/toolchain/build/project-folder.ts';

export interface Endpoint {
  readonly address: string;
  readonly region: string;
  readonly zone: string;
  readonly health?: 'healthy' | 'draining' | 'unhealthy';
}

export interface ControlPlane {
  /** The bootstrap config of clients, as JSON. */
  readonly bootstrap: string;
  /** Publishes these endpoints instead. */
  publish(endpoints: readonly Endpoint[]): void;
  stop(): Promise<void>;
}

export const serviceName = 'slmrank';

/** Builds and starts examples/xds on a free port. */
export async function startControlPlane(
  out: string,
  endpoints: readonly Endpoint[],
): Promise<ControlPlane> {
  const program = resolvePath(out, 'control-plane');
  const cwd = projectFolder('examples/xds');
  execFileSync('go', ['build', '-o', program, '.'], { cwd, stdio: 'inherit' });
  const file = join(out, 'endpoints.json');
  const publish = (given: readonly Endpoint[]) =>
    writeFileSync(file, JSON.stringify({ name: serviceName, endpoints: given }));
  publish(endpoints);
  const args = ['-endpoints', file, '-listen', '127.0.0.1:0'];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<never>((_, reject) => {
    child.once('exit', (status) => reject(new Error(`the control plane ended with ${status}`)));
  });
  const ready = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      resolve(line.slice(line.lastIndexOf(' ') + 1));
    });
  });
  const address = await Promise.race([ready, ended]);
  return {
    bootstrap: JSON.stringify({
      xds_servers: [
        {
          server_uri: address,
          channel_creds: [{ type: 'insecure' }],
          server_features: ['xds_v3'],
        },
      ],
      node: { id: 'check', locality: { region: 'here', zone: 'a' } },
    }),
    publish,
    stop: async () => {
      child.kill('SIGKILL');
      await ended.catch(() => undefined);
    },
  };
}
