import { Server, type ServerCredentials } from '@grpc/grpc-js';
import type { Clock } from '../../base/clock.ts';
import type { ModelSet } from '../../pipeline/model-set.ts';
import type { Log } from '../../observe/log.ts';
import type { LogLevel } from './request.ts';
import { adminRequestBytes, adminService, guardAdmin } from './service.ts';
import { Connections } from '../connections/connections.ts';
import { adminFileDescriptors } from '../../proto/generated/descriptors.ts';
import { guardServer } from '../connections/guard-server.ts';
import { parseAdminProtoRoot } from '../../proto/proto-root.ts';
import { createReflection } from '../grpc/reflection.ts';

export interface AdminServerOptions {
  /** HOST:PORT; port 0 takes a free one. */
  readonly address: string;
  /** Those of the data address: who may not rank may not administer either. */
  readonly credentials: ServerCredentials;
  readonly models: ModelSet;
  readonly log: Log;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly setLogLevel: (level: LogLevel) => string;
  /** How often connections are looked at that may be over. */
  readonly sweepMs?: number;
}

/** Operators and their tools. */
const mostConnections = 64;

export interface AdminServer {
  /** HOST:PORT as bound. */
  readonly address: string;
  /** Cuts what is open: changes are the pool's, which ends them. */
  close(): void;
}

/** Serves the admin service and its own reflection, and nothing else. @throws Error when the address is not to be had. */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const root = parseAdminProtoRoot();
  const server = new Server({
    // Twice ours, so that one somewhat too large gets our answer with details.
    'grpc.max_receive_message_length': 2 * adminRequestBytes,
    'grpc.max_concurrent_streams': 100,
    'grpc.enable_channelz': 0,
  });
  server.addService(guardAdmin(root.service), adminService({ ...options, root }));
  createReflection(adminFileDescriptors).addToServer(server);
  const { address, credentials, clock, sweepMs = 1000 } = options;
  const connections = new Connections(mostConnections, clock);
  guardServer(server, (http2Server) => connections.guard(http2Server));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, credentials, (error, bound) => {
      if (error === null) {
        resolve(bound);
      } else {
        const hint = "another server's? See SLMRANK_ADMIN_ADDRESS; 'off' for none";
        reject(new Error(`cannot listen on ${address} (${hint}): ${error.message}`));
      }
    });
  });
  const sweeps = setInterval(() => connections.sweep(), sweepMs);
  sweeps.unref();
  const bound = `${address.slice(0, address.lastIndexOf(':'))}:${port}`;
  return {
    address: bound,
    close: () => {
      clearInterval(sweeps);
      // With channelz off forceShutdown knows no connections; see stop.ts.
      server.drain(bound, 0);
      server.forceShutdown();
    },
  };
}
