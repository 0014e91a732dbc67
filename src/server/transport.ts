import { type ChannelOptions, Server, type ServerCredentials } from '@grpc/grpc-js';
import type { Clock } from '../base/clock.ts';
import type { Config } from '../config/config.ts';
import type { Log } from '../observe/log.ts';
import { Access } from '../desk/access/access.ts';
import { boundConnections } from './connections/descriptors.ts';
import { FrontDoor } from './door/front-door.ts';
import type { ProtoRoot } from '../proto/proto-root.ts';
import { type ListenCredentials, openCredentials, warnOfPlainText } from './tls.ts';

export interface TransportParts {
  readonly config: Config;
  /** Opened here when they are not given. */
  readonly credentials?: ListenCredentials | undefined;
  readonly log: Log;
  readonly clock: Clock;
  readonly root: ProtoRoot;
}

/** The library's server behind our front door, not listening yet. */
export interface Transport {
  readonly server: Server;
  readonly access: Access;
  readonly door: FrontDoor;
  /** Resolves to HOST:PORT, the port taken when the configuration said 0. @throws Error when it is not to be had. */
  listen(): Promise<string>;
  /** Reads certificates and API keys again. */
  reload(): void;
  /** Stops watching files. Does not close connections; the door looks for stalled calls until it is closed too. */
  close(): void;
}

/** @throws Error naming the setting whose file cannot be used. */
export function createTransport(parts: TransportParts): Transport {
  const { config, log, clock, root } = parts;
  const { credentials, ...certificates } = parts.credentials ?? openCredentials(config, log);
  const access = new Access({ config, log, clock });
  // Twice ours: a request somewhat too large gets our answer with details; past this the library breaks it off.
  const mostMessageBytes = 2 * config.requestBytes;
  const connections = boundConnections(config.connections, log);
  const door = new FrontDoor({
    ...{ access, clock, log, root, mostMessageBytes },
    config: { ...config, connections },
  });
  certificates.onAuthority(() => {
    access.renewAuthority();
    door.endCertified();
  });
  const server = new Server({
    ...connectionOptions(config),
    'grpc.max_receive_message_length': mostMessageBytes,
    interceptors: [door.interceptor],
  });
  door.attach(server);
  return {
    ...{ server, access, door },
    listen: async () => {
      warnOfPlainText(config.address, config, log);
      return await bind(server, config.address, credentials);
    },
    reload: () => {
      certificates.reload();
      access.reload();
    },
    close: () => {
      certificates.close();
      access.close();
    },
  };
}

/** @throws Error when the address is not to be had. */
export async function bind(
  server: Server,
  address: string,
  credentials: ServerCredentials,
): Promise<string> {
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, credentials, (error, bound) => {
      if (error === null) {
        resolve(bound);
      } else {
        reject(new Error(`cannot listen on ${address}: ${error.message}`, { cause: error }));
      }
    });
  });
  return `${address.slice(0, address.lastIndexOf(':'))}:${port}`;
}

function connectionOptions({ connectionCalls }: Config): ChannelOptions {
  return {
    'grpc.max_concurrent_streams': connectionCalls,
    // On by default: work for every call and message, for a page that nobody serves.
    'grpc.enable_channelz': 0,
    'grpc.max_connection_idle_ms': 300_000,
    // Lets clients behind a layer-4 balancer find new servers; calls under way go on. The grace ends streams of peers
    // that died without a word. No keepalive pings for that: one on a connection that is closing drops the calls on it
    // (tried with grpc-js 1.14.7; grpc-node#3068), so every drain would lose calls.
    'grpc.max_connection_age_ms': 1_800_000,
    'grpc.max_connection_age_grace_ms': 3_600_000,
  };
}
