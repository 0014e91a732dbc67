import { Server, type ServerCredentials } from '@grpc/grpc-js';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../observe/log.ts';
import type { ModelSet } from '../../pipeline/model-set.ts';
import { adminFileDescriptors } from '../../proto/generated/descriptors.ts';
import { parseAdminProtoRoot } from '../../proto/proto-root.ts';
import { Connections } from '../connections/connections.ts';
import { guardServer } from '../connections/guard-server.ts';
import { createReflection } from '../grpc/reflection.ts';
import { listen } from '../listen.ts';
import type { LogLevel } from './request.ts';
import { adminRequestBytes, adminService, guardAdmin } from './service.ts';

export interface AdminServerOptions {
  /** HOST:PORT; port 0 means any free port. */
  readonly address: string;
  /** Those of the data address: a client that may not rank may not administer either. */
  readonly credentials: ServerCredentials;
  readonly models: ModelSet;
  readonly log: Log;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly setLogLevel: (level: LogLevel) => string;
  /** The time between two searches for dead connections. */
  readonly sweepMs?: number;
}

/** Enough for operators and their tools. */
const mostConnections = 64;

export interface AdminServer {
  /** HOST:PORT, with the actual port. */
  readonly address: string;
  /** Cuts off open calls. The pool still finishes a change that is under way. */
  close(): void;
}

/**
 * Serves the admin service and its own reflection, and nothing else.
 *
 * @throws Error when the address cannot be listened on.
 */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const root = parseAdminProtoRoot();
  const server = new Server({
    // Twice our limit, so that a request that is too large gets our error with details.
    'grpc.max_receive_message_length': 2 * adminRequestBytes,
    'grpc.max_concurrent_streams': 100,
    'grpc.enable_channelz': 0,
  });
  server.addService(guardAdmin(root.service), adminService({ ...options, root }));
  createReflection(adminFileDescriptors).addToServer(server);
  const { address, credentials, clock, sweepMs = 1000 } = options;
  const connections = new Connections(mostConnections, clock);
  guardServer(server, (http2Server) => connections.guard(http2Server));
  const hint = " (SLMRANK_ADMIN_ADDRESS names another address, or 'off')";
  const bound = await listen(server, address, credentials, hint);
  const sweeps = setInterval(() => connections.sweep(), sweepMs);
  sweeps.unref();
  return {
    address: bound,
    close: () => {
      clearInterval(sweeps);
      // Without channelz forceShutdown finds no connections; see stop.ts.
      server.drain(bound, 0);
      server.forceShutdown();
    },
  };
}
